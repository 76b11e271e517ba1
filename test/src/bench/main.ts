import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printProgress, type Stack, startStack } from '@overlay/infra';
import type { Bench, Benchmark, Figures } from './benchmark.ts';
import { evidence } from './evidence.ts';
import { flow } from './flow.ts';
import { formats } from './formats.ts';
import { generate } from './generate.ts';
import { infer } from './infer.ts';
import { land } from './land.ts';
import { latency } from './latency.ts';
import { rebuild } from './rebuild.ts';
import { reconcile } from './reconcile.ts';
import { season } from './season.ts';
import { verify } from './verify.ts';

const BENCHMARKS: readonly Benchmark[] = [
  land,
  flow,
  latency,
  formats,
  infer,
  evidence,
  verify,
  rebuild,
  reconcile,
  generate,
  season,
];
const USAGE = `usage: npm run bench -- NAME [--rows N] [--normalizer-env NAME=VALUE ...] [--sealed]

Brings up servers of its own where it needs them, measures, and stops everything. Talk goes to stderr; the last line of stdout is one JSON object.

  --sealed  with land: also processor time for sealing, of an image with two sealed columns, and for the evidence log, both without servers

${BENCHMARKS.map(({ name, what, rows }) => `  ${name.padEnd(9)} ${what} (${rows} rows)`).join('\n')}
`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

class UsageError extends Error {}

const begin = performance.now();
const tell = (text: string): void => {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

interface Asked {
  readonly benchmark: Benchmark;
  readonly rows: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly isSealed: boolean;
}

function parseLine(words: readonly string[]): Asked | 'help' {
  const options = {
    rows: { type: 'string' },
    'normalizer-env': { type: 'string', multiple: true },
    sealed: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = asUsage(() => parseArgs({ args: [...words], options, allowPositionals: true }));
  if (values.help) return 'help';
  const benchmark = BENCHMARKS.find(({ name }) => name === positionals[0]);
  if (!benchmark || positionals.length > 1) {
    throw new UsageError(
      positionals.length === 0 ? 'name a benchmark' : `there is no benchmark '${positionals.join(' ')}'`,
    );
  }
  const rows = Number(values.rows ?? benchmark.rows);
  if (!Number.isSafeInteger(rows) || rows <= 0) throw new UsageError(`'${values.rows}' is no number of rows`);
  const environment = Object.fromEntries((values['normalizer-env'] ?? []).map(nameAndValue));
  if (values.sealed && benchmark !== land) throw new UsageError('--sealed is for land');
  return { benchmark, rows, environment, isSealed: values.sealed };
}

function nameAndValue(text: string): readonly [string, string] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`'${text}' is not of the form NAME=VALUE`);
  return [name, value];
}

function asUsage<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** Runs it with servers of its own; however it ends, what was started is stopped. Throws what it or a dying server threw. */
async function run({ benchmark, rows, environment, isSealed }: Asked, signal: AbortSignal): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), `overlay-bench-${benchmark.name}-`));
  const closers: (() => Promise<unknown>)[] = [];
  const over = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
  const bench: Bench = {
    rows,
    tell,
    directory,
    environment,
    isSealed,
    onEnd: (close) => closers.push(close),
    async startServers(options) {
      const name = `bench-${benchmark.name}-${process.pid}`;
      const starting = startStack({ name, signal, onProgress: printProgress, ...options });
      // Also when the start is cut off: it stops by itself what it had started, and that is waited for.
      closers.push(() => starting.then((stack) => stopKeepingLogs(stack, directory)).catch(() => {}));
      const stack = await starting;
      void stack.died.then(({ server, logLines }) =>
        over.reject(new Error(`${server} ended:\n${logLines.join('\n')}`)),
      );
      return stack;
    },
  };
  const running = benchmark.run(bench);
  running.catch(() => {}); // when something else ends it first, its own failure is only an echo
  try {
    const figures = await Promise.race([running, over.promise]);
    closers.unshift(async () => rmSync(directory, { recursive: true, force: true }));
    return figures;
  } catch (thrown) {
    tell(`logs are in ${directory}`);
    throw thrown;
  } finally {
    for (const close of closers.reverse()) await close().catch((thrown) => tell(`closing failed: ${String(thrown)}`));
  }
}

async function stopKeepingLogs(stack: Stack, directory: string): Promise<void> {
  cpSync(join(stack.directory, 'logs'), join(directory, 'servers'), { recursive: true });
  await stack.stop();
}

async function main(words: readonly string[]): Promise<number> {
  const asked = parseLine(words);
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const stop = new AbortController();
  let exitCode = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      exitCode = code;
      tell('stopping');
      stop.abort(new Error(`interrupted by ${signal}`));
    });
  }
  try {
    const figures = await run(asked, stop.signal);
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return exitCode;
  } catch (thrown) {
    tell(thrown instanceof Error ? thrown.message : String(thrown));
    return exitCode || EXIT_FAILED;
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (thrown) {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exit(thrown instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
}
