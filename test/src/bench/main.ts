import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Stack } from '@overlay/infra';
import { asUsage, runCommand, tell, UsageError } from '../kit/command.ts';
import { withOwnServers } from '../kit/own-servers.ts';
import type { Benchmark, Figures } from './benchmark.ts';
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

/** Runs it with servers of its own. Its folder stays when it fails. */
async function run({ benchmark, rows, environment, isSealed }: Asked, signal: AbortSignal): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), `overlay-bench-${benchmark.name}-`));
  const stop = (stack: Stack) => stopKeepingLogs(stack, directory);
  try {
    const figures = await withOwnServers({ name: `bench-${benchmark.name}`, signal, stop }, (own) =>
      benchmark.run({ ...own, rows, tell, directory, environment, isSealed }),
    );
    rmSync(directory, { recursive: true, force: true });
    return figures;
  } catch (thrown) {
    tell(`logs are in ${directory}`);
    throw thrown;
  }
}

async function stopKeepingLogs(stack: Stack, directory: string): Promise<void> {
  cpSync(join(stack.directory, 'logs'), join(directory, 'servers'), { recursive: true });
  await stack.stop();
}

await runCommand('bench', USAGE, async (words, signal) => {
  const asked = parseLine(words);
  if (asked === 'help') process.stdout.write(USAGE);
  else process.stdout.write(`${JSON.stringify(await run(asked, signal))}\n`);
  return true;
});
