import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printProgress, startStack } from '@overlay/infra';
import type { Asked, Evaluation, Report } from './evaluation.ts';
import { events } from './events.ts';

const EVALUATIONS: readonly Evaluation[] = [events];
const USAGE = `usage: npm run eval -- NAME [--seeds 1-5] [--days N] [--sales-per-day N] [--live]

Judges what the stages make of a synthetic business against its ground truth, and stops everything that it started. Talk goes to stderr; the last line of
stdout is a report as JSON. Exit code 0 when all is as it should be, 1 when not, 2 for a wrong command, 130 after Ctrl-C.

  --seeds          numbers and ranges, such as 1-5 or 2,7 (default 1-5; with --live 1)
  --days           days of business (default 30; with --live 10)
  --sales-per-day  over all branches (default 10000)
  --live           through MySQL, Debezium and the services, on servers of its own; else in this process, from the recording

${EVALUATIONS.map(({ name, what }) => `  ${name}  ${what}`).join('\n')}
`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const SEEDS_MAX = 1000;

class UsageError extends Error {}

const begin = performance.now();
const tell = (text: string): void => {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

type Wanted = Pick<Asked, 'seeds' | 'days' | 'salesPerDay' | 'isLive'> & { readonly evaluation: Evaluation };

function parseLine(words: readonly string[]): Wanted | 'help' {
  const options = {
    seeds: { type: 'string' },
    days: { type: 'string' },
    'sales-per-day': { type: 'string', default: '10000' },
    live: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = asUsage(() => parseArgs({ args: [...words], options, allowPositionals: true }));
  if (values.help) return 'help';
  const evaluation = EVALUATIONS.find(({ name }) => name === positionals[0]);
  if (!evaluation || positionals.length > 1)
    throw new UsageError(
      positionals.length === 0 ? 'name an evaluation' : `there is no evaluation '${positionals.join(' ')}'`,
    );
  return {
    evaluation,
    seeds: (values.seeds ?? (values.live ? '1' : '1-5')).split(',').flatMap(seedsOf),
    days: wholeOf('days', values.days ?? (values.live ? '10' : '30')),
    salesPerDay: wholeOf('sales-per-day', values['sales-per-day']),
    isLive: values.live,
  };
}

function wholeOf(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new UsageError(`--${name} wants a whole number from 1, not '${text}'`);
  return value;
}

/** `3` or `1-5`. */
function seedsOf(text: string): number[] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first === '' || !(count >= 1 && count <= SEEDS_MAX))
    throw new UsageError(`--seeds wants numbers and ranges such as 1-5 or 2,7, not '${text}'`);
  return Array.from({ length: count }, (_, index) => Number(first) + index);
}

function asUsage<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** However it ends, what was started is stopped. */
async function run({ evaluation, ...wanted }: Wanted, signal: AbortSignal): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'overlay-eval-'));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {});
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
  const running = evaluation.run({
    ...{ ...wanted, tell, directory, signal },
    onEnd: (close) => closers.push(close),
    async startServers() {
      const starting = startStack({ name: `eval-${process.pid}`, signal, onProgress: printProgress });
      // Also when the start is cut off: it stops by itself what it had started, and that is waited for.
      closers.push(() => starting.then((stack) => stack.stop()).catch(() => {}));
      const stack = await starting;
      void stack.died.then(({ server, logLines }) =>
        over.reject(new Error(`${server} ended:\n${logLines.join('\n')}`)),
      );
      return stack;
    },
  });
  running.catch(() => {}); // when something else ends it first, its own failure is only an echo
  try {
    return await Promise.race([running, over.promise]);
  } finally {
    for (const close of closers.reverse()) await close().catch((thrown) => tell(`closing failed: ${String(thrown)}`));
  }
}

async function main(words: readonly string[]): Promise<number> {
  const wanted = parseLine(words);
  if (wanted === 'help') {
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
    const { passed, figures } = await run(wanted, stop.signal);
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return exitCode || (passed ? 0 : EXIT_FAILED);
  } catch (thrown) {
    tell(thrown instanceof Error ? thrown.message : String(thrown));
    return exitCode || EXIT_FAILED;
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (thrown) {
  process.stderr.write(`eval: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exit(thrown instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
}
