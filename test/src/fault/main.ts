import { parseArgs } from 'node:util';
import { printProgress, type Stack, startStack } from '@overlay/infra';
import { asUsage, runCommand, tell, UsageError } from '../kit/command.ts';
import { play } from './arena.ts';
import { faults } from './catalogue.ts';

const USAGE = `usage: npm run fault -- NAME [--seed N] [--short]

Brings up servers of its own, plays one fault under the oracle's workload, checks the invariants and stops everything. Talk goes to stderr; the last
line of stdout is a report as JSON. Exit code 0 when everything holds, 1 when not, 2 for a wrong command, 130 after Ctrl-C.

${[...faults.values()].map(({ name, what }) => `  ${name}  ${what}`).join('\n')}
`;
const SEED_MAX = 1_000_000;

await runCommand('fault', USAGE, async (words, signal) => {
  const { values, positionals } = parseLine(words);
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  const [name = ''] = positionals;
  const fault = faults.get(name.toUpperCase());
  if (!fault || positionals.length > 1)
    throw new UsageError(name === '' ? 'name a fault' : `there is no fault '${positionals.join(' ')}'`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * SEED_MAX) : Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`the seed '${values.seed}' is no whole number`);
  tell(`${fault.name} with seed ${seed}: ${fault.what}`);
  const start = (options: { exactlyOnce: boolean }): Promise<Stack> =>
    startStack({
      name: `fault-${process.pid}-${options.exactlyOnce ? 'once' : 'least'}`,
      signal,
      onProgress: printProgress,
      ...options,
    });
  let shared: Promise<Stack> | undefined;
  const servers = { own: start, shared: () => (shared ??= start({ exactlyOnce: false })) };
  const report = await play(fault, { seed, isShort: values.short, tell, servers, signal });
  await shared?.then((stack) => stack.stop()).catch((thrown) => tell(`stopping failed: ${String(thrown)}`));
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.passed;
});

function parseLine(words: readonly string[]) {
  const options = {
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  return asUsage(() => parseArgs({ args: [...words], options, allowPositionals: true }));
}
