import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CaughtUp } from './caught-up.ts';
import { describePlaces, type Places, writeEnvironment } from './demo-places.ts';
import { type Pipeline, preparePipeline, SERVICES } from './pipeline.ts';
import { describeExit, lastLines } from './process.ts';
import { type RunningProgram, runToEnd, startProgram } from './program.ts';
import { type Stack, startStack } from './stack.ts';
import { makeSteps, type Steps } from './steps.ts';
import { watchConnectors } from './watch-connectors.ts';

const USAGE = `usage: npm run demo -- [options]

  --days N           days of history before today (default 3)
  --sales-per-day N  over all branches (default 1000)
  --seed TEXT        the same seed gives the same business (default pharmacy)
  --rate N           live transactions per second afterwards (default 5; 0 for none)
  --exit             stop everything after the report instead of going on
  --name NAME        name of the stack, so that several can run (default demo)`;

const SOURCE = 'pharmacy';
const EXIT_USAGE = 2;
const PACK = join(import.meta.dirname, '..', '..', 'packs', 'pharmacy');

interface Options {
  readonly days: number;
  readonly salesPerDay: number;
  readonly seed: string;
  readonly rate: number;
  readonly isExit: boolean;
  readonly name: string;
}

/** Everything, from empty data to the day's summary; resolves with the exit code. */
async function demo(options: Options, stop: AbortSignal): Promise<number> {
  const steps = makeSteps();
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stack = await steps.run('starting MySQL, Kafka, Connect, registry and Postgres', () =>
      startStack({ name: options.name, signal: stop, onProgress: steps.detail }),
    );
    closers.push(() => steps.run('stopping the servers', () => stack.stop()));
    const { pipeline, log } = await startPipeline(stack, steps);
    watchConnectors(stack.connect.url, { signal: stop });
    closers.push(() => steps.run('stopping the services', () => pipeline.stop()));
    const places = await writeEnvironment(stack, pipeline, PACK);
    await fill(stack, pipeline, options, steps, log);
    stop.throwIfAborted();
    await report(pipeline, places);
    if (options.isExit) return 0;
    process.stdout.write(describePlaces(places, options.rate));
    return await goOn(stack, pipeline, options, log, stop, closers);
  } catch (thrown) {
    if (stop.aborted) return 0;
    process.stderr.write(`\ndemo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function startPipeline(stack: Stack, steps: Steps): Promise<{ pipeline: Pipeline; log: string }> {
  const directory = join(stack.directory, 'services');
  const log = join(stack.directory, 'logs', 'generator.log');
  await steps.run('creating the schema of the pharmacy', () =>
    runToEnd({
      file: 'generator/src/main.ts',
      arguments: ['schema'],
      environment: { MYSQL_URL: mysqlUrl(stack) },
      log,
    }),
  );
  const pipeline = await steps.run('migrating the record and registering the connector', () =>
    preparePipeline(stack, {
      source: SOURCE,
      mysqlDatabase: 'pharmacy',
      postgresUrl: stack.postgres.url,
      packDirectory: PACK,
      directory,
      environment: { SUMMARY_INTERVAL_S: '5', LOOK_S: '5' },
    }),
  );
  for (const service of [...SERVICES, 'notary', 'reconciler'] as const) pipeline.start(service);
  return { pipeline, log };
}

/** Writes the history and waits until every stage has landed and published all of it. */
async function fill(stack: Stack, pipeline: Pipeline, options: Options, steps: Steps, log: string): Promise<void> {
  const caughtUp = new CaughtUp(stack.postgres.url, SOURCE);
  try {
    await steps.run(`writing ${options.days} days of business and today so far`, () =>
      runToEnd({
        file: 'generator/src/main.ts',
        arguments: [
          'history',
          '--no-disk-waits',
          '--days',
          String(options.days),
          '--sales-per-day',
          String(options.salesPerDay),
          '--seed',
          options.seed,
        ],
        environment: { MYSQL_URL: mysqlUrl(stack) },
        log,
      }),
    );
    const { transactions, rows } = JSON.parse(lastLines(log, 1)[0] ?? '{}') as { transactions: number; rows: number };
    await steps.run(
      `waiting until all ${transactions} transactions (${rows} rows) went through every stage`,
      async () => {
        await Promise.race([caughtUp.until(transactions, steps.detail), anyDeath(pipeline, stack)]);
      },
    );
    await steps.run("writing today's summary", () => caughtUp.untilSummary());
  } finally {
    await caughtUp.close();
  }
}

async function report(pipeline: Pipeline, { environment }: Places): Promise<void> {
  const sale = await newestSale(pipeline);
  for (const words of [['summary', '--date', 'today'], ['anomalies', '--limit', '5'], ['trace', sale], ['coverage']]) {
    process.stdout.write(`\n$ auditctl ${words.join(' ')}\n`);
    await auditctl(words, environment);
  }
}

async function newestSale(pipeline: Pipeline): Promise<string> {
  const caughtUp = new CaughtUp(pipeline.urls.reader, SOURCE);
  try {
    return await caughtUp.newestEntity('sale');
  } finally {
    await caughtUp.close();
  }
}

async function auditctl(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const program = startProgram({ file: 'packages/cli/src/main.ts', arguments: words, environment, log: 'inherit' });
  const exit = await program.exited;
  if (exit.code !== 0) throw new Error(`auditctl ${words.join(' ')} failed (${describeExit(exit)})`);
}

/** Live traffic until Ctrl-C, or until something that must live has died. */
async function goOn(
  stack: Stack,
  pipeline: Pipeline,
  { rate, seed }: Options,
  log: string,
  stop: AbortSignal,
  closers: (() => Promise<unknown>)[],
): Promise<number> {
  const stopped = new Promise<0>((resolve) => stop.addEventListener('abort', () => resolve(0), { once: true }));
  if (stop.aborted) return 0;
  if (rate > 0) {
    const live = startProgram({
      file: 'generator/src/main.ts',
      arguments: ['live', '--rate', String(rate), '--seed', seed],
      environment: { MYSQL_URL: mysqlUrl(stack) },
      log,
    });
    closers.push(() => live.stop());
  }
  return Promise.race([stopped, anyDeath(pipeline, stack)]);
}

/** Throws when a service or a server ends by itself. */
async function anyDeath(pipeline: Pipeline, stack: Stack): Promise<never> {
  const services = SERVICES.flatMap((service) => {
    const program = pipeline.running(service);
    return program ? [deathOf(service, program)] : [];
  });
  const server = stack.died.then((death) => {
    throw new Error(
      `${death.server} ended (${describeExit(death.exit)}). The end of ${death.logFile}:\n${death.logLines.join('\n')}`,
    );
  });
  return Promise.race([...services, server]);
}

async function deathOf(name: string, program: RunningProgram): Promise<never> {
  const exit = await program.exited;
  throw new Error(
    `${name} ended (${describeExit(exit)}). The end of ${program.log}:\n${lastLines(program.log, 10).join('\n')}`,
  );
}

const mysqlUrl = ({ mysql }: Stack): string => `mysql://${mysql.user}:${mysql.password}@${mysql.host}:${mysql.port}`;

function readOptions(line: string[]): Options {
  const { values } = parseArgs({
    args: line,
    options: {
      days: { type: 'string', default: '3' },
      'sales-per-day': { type: 'string', default: '1000' },
      seed: { type: 'string', default: 'pharmacy' },
      rate: { type: 'string', default: '5' },
      exit: { type: 'boolean', default: false },
      name: { type: 'string', default: 'demo' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const number = (name: 'days' | 'sales-per-day' | 'rate', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < least)
      throw new TypeError(`--${name} wants a number of at least ${least}, not '${values[name]}'`);
    return value;
  };
  return {
    days: number('days', 1),
    salesPerDay: number('sales-per-day', 1),
    seed: values.seed,
    rate: number('rate', 0),
    isExit: values.exit,
    name: values.name,
  };
}

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (thrown) {
    process.stderr.write(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${USAGE}\n`);
    process.exit(EXIT_USAGE);
  }
}

const options = optionsOrExit();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(signal)));
process.exit(await demo(options, stop.signal));
