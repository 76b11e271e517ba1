import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { asUsage, runCommand, tell, UsageError } from '../kit/command.ts';
import { withOwnServers } from '../kit/own-servers.ts';
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
const SEEDS_MAX = 1000;

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

async function run({ evaluation, ...wanted }: Wanted, signal: AbortSignal): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'overlay-eval-'));
  try {
    return await withOwnServers({ name: 'eval', signal }, (own) =>
      evaluation.run({ ...own, ...wanted, tell, directory, signal }),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await runCommand('eval', USAGE, async (words, signal) => {
  const wanted = parseLine(words);
  if (wanted === 'help') {
    process.stdout.write(USAGE);
    return true;
  }
  const { passed, figures } = await run(wanted, signal);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return passed;
});
