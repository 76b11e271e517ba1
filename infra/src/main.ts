import { parseArgs } from 'node:util';
import { judgeSource, readSourceFacts, Source } from '@overlay/mysql';
import { printFindings } from './doctor.ts';
import { endpointsOf } from './endpoints.ts';
import { followLog } from './follow-log.ts';
import { printProgress } from './progress.ts';
import { askForRows } from './signals.ts';
import { type Stack, startStack } from './stack.ts';
import { readAllStates, readState, type StackState } from './state.ts';
import { describeState, endpointLines, type StackStatus, statusOf } from './status.ts';
import { endStack } from './sweep.ts';
import { SERVER_NAMES, type ServerName } from './types.ts';
import { type ConnectorWatchOptions, watchConnectors } from './watch-connectors.ts';

const USAGE = `usage: npm run stack -- COMMAND [--name NAME]

  up      start the servers, print where they listen, watch them until Ctrl-C
            --servers a,b      only these: ${SERVER_NAMES.join(', ')}
            --fresh            begin with empty data
            --exactly-once     Connect with exactly-once support
            --json             print the endpoints as JSON
  down    stop a stack from another terminal, also one whose program has died
            --purge            remove its data too
  status  what runs and where (all stacks without --name); exit code 1 unless all of it runs
            --json
  logs    SERVER [-f]          the end of a server's log; -f follows it
  check   URL                  whether a MySQL database (mysql://user:password@host/database) tells its log everything
  ask     SOURCE --tables a,b  the connector of a source reads these tables (database.table) while it goes on

A stack is called "dev" unless --name says otherwise; stacks of different names run side by side.`;

const EXIT_FAILURE = 1;
const EXIT_USAGE = 64;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type StopSignal = keyof typeof SIGNAL_NUMBERS;

const OPTIONS = {
  name: { type: 'string' },
  servers: { type: 'string' },
  tables: { type: 'string' },
  fresh: { type: 'boolean', default: false },
  'exactly-once': { type: 'boolean', default: false },
  purge: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  follow: { type: 'boolean', short: 'f', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const parse = (line: string[]) => parseArgs({ args: line, options: OPTIONS, allowPositionals: true });
type Options = ReturnType<typeof parse>['values'];

class UsageError extends Error {}

async function main(line: string[]): Promise<number> {
  try {
    const { values, positionals } = parseLine(line);
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    return await run(positionals[0], positionals[1], values);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${USAGE}\n` : ''}`);
    return isUsage ? EXIT_USAGE : EXIT_FAILURE;
  }
}

async function run(command: string | undefined, operand: string | undefined, options: Options): Promise<number> {
  if (command === 'up') return up(options);
  if (command === 'down') return down(options);
  if (command === 'status') return status(options);
  if (command === 'logs') return logs(operand, options);
  if (command === 'ask') return ask(operand, options);
  if (command === 'check') return check(operand);
  throw new UsageError(command ? `there is no command ${command}` : 'a command is missing');
}

function parseLine(line: string[]): ReturnType<typeof parse> {
  try {
    return parse(line);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Exits with 128 + the signal's number after a stop that was asked for, with 1 after a death or a failed start. */
async function up(options: Options): Promise<number> {
  const asked = Promise.withResolvers<StopSignal>();
  const abort = new AbortController();
  let stack: Stack | undefined;
  let signals = 0;
  for (const signal of Object.keys(SIGNAL_NUMBERS) as StopSignal[]) {
    process.on(signal, () => {
      signals += 1;
      if (signals === 1) process.stderr.write('stopping the servers; once more to kill them\n');
      else for (const server of stack?.servers ?? []) void stack?.kill(server);
      asked.resolve(signal);
      abort.abort(new Error(`interrupted by ${signal}`));
    });
  }
  try {
    stack = await startStack({
      name: nameOf(options),
      servers: serversOf(options.servers),
      keepData: true,
      emptyFirst: options.fresh,
      exactlyOnce: options['exactly-once'],
      onProgress: printProgress,
      signal: abort.signal,
    });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    return 128 + SIGNAL_NUMBERS[await asked.promise];
  }
  const state = readState(stack.name);
  if (state) process.stdout.write(options.json ? `${JSON.stringify(statusOf(state))}\n` : endpointLines(state));
  const watching = stack.servers.includes('connect')
    ? watchConnectors(stack.connect.url, watchOptions(abort.signal))
    : undefined;
  const end = await Promise.race([asked.promise, stack.died]);
  abort.abort();
  await watching;
  await stack.stop();
  return typeof end === 'string' ? 128 + SIGNAL_NUMBERS[end] : EXIT_FAILURE;
}

function watchOptions(signal: AbortSignal): ConnectorWatchOptions {
  return {
    signal,
    onEvent: ({ kind, connector, reason }) =>
      process.stderr.write(
        kind === 'restarted'
          ? `connector ${connector} had failed and was started again: ${reason}\n`
          : `connector ${connector} has failed and is left so: ${reason}\n`,
      ),
  };
}

async function down(options: Options): Promise<number> {
  const name = nameOf(options);
  const state = readState(name);
  if (!state) {
    process.stderr.write(`there is no stack ${name}\n`);
    return 0;
  }
  await endStack(state, options.purge);
  process.stderr.write(`stack ${name} is down${options.purge ? ', its data is gone' : ''}\n`);
  return 0;
}

function status(options: Options): number {
  const states = options.name === undefined ? readAllStates() : [readState(options.name)].filter(isState);
  const all: StackStatus[] = states.map(statusOf);
  if (options.json) process.stdout.write(`${JSON.stringify(options.name === undefined ? all : (all[0] ?? null))}\n`);
  else process.stdout.write(all.length === 0 ? 'no stack\n' : all.map(describeState).join('\n'));
  return all.length > 0 && all.every(({ isUp }) => isUp) ? 0 : EXIT_FAILURE;
}

const isState = (state: StackState | undefined): state is StackState => state !== undefined;

async function logs(server: string | undefined, options: Options): Promise<number> {
  const [name] = serversOf(server);
  if (!server || !name) throw new UsageError('logs of which server?');
  const state = readState(nameOf(options));
  if (!state) throw new Error(`there is no stack ${nameOf(options)}`);
  await followLog(state, name, options.follow, (text) => process.stdout.write(text));
  return 0;
}

async function ask(source: string | undefined, options: Options): Promise<number> {
  const tables = options.tables?.split(',') ?? [];
  if (!source || tables.length === 0) throw new UsageError('which tables of which source?');
  const state = readState(nameOf(options));
  if (!state) throw new Error(`there is no stack ${nameOf(options)}`);
  const id = await askForRows(endpointsOf(state).kafka.brokers, source, tables);
  process.stderr.write(`asked the connector of ${source} for ${tables.join(', ')}: ${id}\n`);
  return 0;
}

async function check(url: string | undefined): Promise<number> {
  if (!url) throw new UsageError('check which database?');
  if (!URL.canParse(url) || new URL(url).pathname.length < 2)
    throw new UsageError(`'${url}' is not mysql://user:password@host/database`);
  const source = await Source.connect(url);
  const findings = judgeSource(await readSourceFacts(source).finally(() => source.close()));
  process.stdout.write(printFindings(findings, 'This source tells its log everything.'));
  return findings.every(({ isMet }) => isMet) ? 0 : EXIT_FAILURE;
}

function nameOf(options: Options): string {
  return options.name ?? 'dev';
}

function serversOf(list: string | undefined): ServerName[] {
  const names = list?.split(',') ?? [...SERVER_NAMES];
  return names.map((name) => {
    const server = SERVER_NAMES.find((one) => one === name);
    if (!server) throw new UsageError(`there is no server ${name}`);
    return server;
  });
}

process.exitCode = await main(process.argv.slice(2));
