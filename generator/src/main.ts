import { Command, CommanderError, Option } from 'commander';
import { runLive, runSchema } from './commands.ts';
import { Failure } from './failure.ts';
import { runHistory, runRecord } from './history-commands.ts';
import { findUrl, parseDatabase, parseInstant, parsePositive, parseTroubleEvery, parseWhole } from './options.ts';
import { readScenario } from './scenario-file.ts';
import { DATABASE } from './schema.ts';

const SPAN = 'whole local days of business and the part of the day before --until';

type Told = { scenario?: string; seed?: string; truth?: string; acts?: string; progress?: true };
type Shared = { mysqlUrl?: string; database: string };
type HistoryFlags = Told & { days?: number; until?: number; scale?: number; salesPerDay?: number };
type LiveFlags = Shared & Told & { rate: number; duration?: number; maxTransactions?: number; troubleEvery: number };

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (!(thrown instanceof Failure)) throw thrown;
    process.stderr.write(`generator: ${thrown.message}\n`);
    return thrown.exitCode;
  }
}

function program(): Command {
  const root = new Command('generate')
    .description('Writes the business of a pharmacy chain into MySQL, the same for the same seed.')
    .exitOverride();
  onMysql(subcommand(root, 'schema', 'create the database and its tables, where they are missing')).action(
    async (flags: Shared) => {
      print(await runSchema(target(flags)));
    },
  );
  historyCommand(root);
  recordCommand(root);
  liveCommand(root);
  return root;
}

function historyCommand(root: Command): void {
  spanned(onMysql(subcommand(root, 'history', `write N ${SPAN}`)))
    .option(
      '--no-disk-waits',
      'twice as fast: the server stops syncing at commit meanwhile (SET GLOBAL, put back after)',
    )
    .option('--resume', 'go on with a history that was cut off: the same options again, and the same end')
    .action(async (flags: HistoryFlags & Shared & { diskWaits: boolean; resume?: true }) => {
      const options = span(flags);
      if (flags.resume && flags.until === undefined && options.scenario.until === 'now') {
        throw new Failure(
          '--resume needs the end that the history was begun with: give --until, or `until` in the scenario',
          2,
        );
      }
      print(
        await runHistory({
          ...target(flags),
          ...options,
          isWaitingForDisk: flags.diskWaits,
          isResuming: flags.resume === true,
        }),
      );
    });
}

function recordCommand(root: Command): void {
  spanned(subcommand(root, 'record', `write to a file, without a server, what MySQL would log of N ${SPAN}`))
    .requiredOption('--out <file>', 'JSON lines: a transaction each, with all its row changes')
    .action(async (flags: HistoryFlags & { out: string }) => {
      print(await runRecord({ ...span(flags), out: flags.out }));
    });
}

/** The dials of a history, wherever it is written. */
function spanned(command: Command): Command {
  return told(command)
    .addOption(new Option('--days <n>', 'whole days').argParser(parseWhole(1, 3660)))
    .addOption(new Option('--until <instant>', 'where it ends, with zone, or now').argParser(parseInstant))
    .addOption(new Option('--scale <factor>', "times the scenario's sales a day").argParser(parsePositive(1000)))
    .addOption(
      new Option('--sales-per-day <n>', 'in the mean, over all branches')
        .argParser(parsePositive(1e7))
        .conflicts('scale'),
    );
}

function span(flags: HistoryFlags) {
  const { scale = 1, seed, days, salesPerDay } = flags;
  const given = readScenario(flags.scenario, { seed, days, salesPerDay });
  const scenario = { ...given, salesPerDay: given.salesPerDay * scale };
  const until = flags.until ?? scenario.until;
  return { scenario, until_us: until === 'now' ? Date.now() * 1000 : until, ...notes(flags) };
}

function liveCommand(root: Command): void {
  told(onMysql(subcommand(root, 'live', 'go on with the business at the wall clock, until SIGTERM or SIGINT')))
    .addOption(
      new Option('--rate <n>', 'transactions per second').argParser(parsePositive(10_000)).makeOptionMandatory(),
    )
    .addOption(new Option('--duration <seconds>', 'stop after so long').argParser(parsePositive(1e9)))
    .addOption(new Option('--max-transactions <n>', 'stop after so many').argParser(parseWhole(1, 1e12)))
    .addOption(
      new Option('--trouble-every <n>', 'transactions in which one trouble of each kind falls; 0: none')
        .argParser(parseTroubleEvery)
        .default(2000),
    )
    .action(async (flags: LiveFlags) => {
      const stop = new AbortController();
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
      const command = {
        ...target(flags),
        rate: flags.rate,
        scenario: readScenario(flags.scenario, { seed: flags.seed }),
        duration_s: flags.duration,
        transactionsMax: flags.maxTransactions,
        troubleEvery: flags.troubleEvery,
        ...notes(flags),
      };
      print(await runLive(command, stop.signal));
    });
}

function subcommand(root: Command, name: string, description: string): Command {
  return root.command(name).description(description);
}

function onMysql(command: Command): Command {
  return command
    .addOption(new Option('--mysql-url <url>', 'mysql://user:password@host:port (or MYSQL_URL, MYSQL_URL_FILE)'))
    .addOption(new Option('--database <name>', 'the database').argParser(parseDatabase).default(DATABASE));
}

/** What every command takes that does business. */
function told(command: Command): Command {
  return command
    .option('--scenario <file>', 'YAML: what differs from scenarios/default.yaml; options go before it')
    .option('--seed <text>', 'same seed and options, same business')
    .option('--truth <file>', 'where to write the injected trouble, as JSON lines')
    .option('--acts <file>', 'where to write what the business did, as JSON lines: an act for each transaction')
    .option('--progress', 'show progress on stderr also without a terminal');
}

function target(flags: Shared) {
  return { url: findUrl(flags.mysqlUrl, process.env), database: flags.database };
}

function notes(flags: Told) {
  const isProgressShown = flags.progress === true || process.stderr.isTTY;
  return { truth: flags.truth, acts: flags.acts, isProgressShown };
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
