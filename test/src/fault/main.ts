import { parseArgs } from 'node:util';
import { printProgress, type Stack, startStack } from '@overlay/infra';
import { play } from './arena.ts';
import { faults } from './catalogue.ts';

const USAGE = `usage: npm run fault -- NAME [--seed N] [--short]

Brings up servers of its own, plays one fault under the oracle's workload, checks the invariants and stops everything. Talk goes to stderr; the last
line of stdout is a report as JSON. Exit code 0 when everything holds, 1 when not, 2 for a wrong command, 130 after Ctrl-C.

${[...faults.values()].map(({ name, what }) => `  ${name}  ${what}`).join('\n')}
`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SEED_MAX = 1_000_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const begin = performance.now();
const tell = (text: string): void => {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseLine(words);
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [name = ''] = positionals;
  const fault = faults.get(name.toUpperCase());
  if (!fault || positionals.length > 1)
    throw new UsageError(name === '' ? 'name a fault' : `there is no fault '${positionals.join(' ')}'`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * SEED_MAX) : Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`the seed '${values.seed}' is no whole number`);
  tell(`${fault.name} with seed ${seed}: ${fault.what}`);

  const stop = new AbortController();
  let exitCode = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      exitCode = code;
      stop.abort();
    });
  }
  const start = (options: { exactlyOnce: boolean }): Promise<Stack> =>
    startStack({
      name: `fault-${process.pid}-${options.exactlyOnce ? 'once' : 'least'}`,
      signal: stop.signal,
      onProgress: printProgress,
      ...options,
    });
  let shared: Promise<Stack> | undefined;
  const servers = { own: start, shared: () => (shared ??= start({ exactlyOnce: false })) };
  const report = await play(fault, { seed, isShort: values.short, tell, servers, signal: stop.signal });
  await shared?.then((stack) => stack.stop()).catch((thrown) => tell(`stopping failed: ${String(thrown)}`));
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return exitCode || (report.passed ? 0 : EXIT_FAILED);
}

class UsageError extends Error {}

function parseLine(words: readonly string[]) {
  const options = {
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (thrown) {
  process.stderr.write(`fault: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exit(thrown instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
}
