import { join } from 'node:path';
import { readScenario } from '@overlay/generator';
import { loadPack } from '@overlay/packs/load';
import type { Asked, Evaluation, Report } from './evaluation.ts';
import { noTally, type Tally } from './judge.ts';
import { evalLive } from './live.ts';
import { type Business, evalRecorded, PACK_DIRECTORY } from './recorded.ts';

/** Everything happens that the generator knows. */
const SCENARIO = join(import.meta.dirname, '..', '..', '..', 'generator', 'scenarios', 'eventful.yaml');
/** The end of a month in Lima, so that its last evening is counted. */
const UNTIL = '2025-11-01T05:00:00Z';
const MISTAKES_TOLD_MAX = 20;

export const businessOf = (seed: number, days: number, salesPerDay: number): Business => ({
  scenario: readScenario(SCENARIO, { seed: String(seed), days, salesPerDay }),
  until_us: Date.parse(UNTIL) * 1000,
});

/** Every act of the generator gives exactly its business events, and only what means nothing is unexplained. */
export const events: Evaluation = {
  name: 'events',
  what: 'business events against what the business did, by the pharmacy pack',
  run: async (asked) => {
    const tally = noTally();
    const judgeSeed = asked.isLive ? await overServers(asked) : await inProcess(asked);
    for (const seed of asked.seeds) {
      asked.tell(`seed ${seed}: ${asked.days} days of ${asked.salesPerDay} sales`);
      let mistakes = 0;
      const complain = (mistake: string): void => {
        mistakes += 1;
        if (mistakes <= MISTAKES_TOLD_MAX) asked.tell(`MISTAKE: ${mistake}`);
      };
      await judgeSeed(businessOf(seed, asked.days, asked.salesPerDay), tally, complain);
      asked.tell(`seed ${seed}: ${mistakes} mistakes; so far ${JSON.stringify(reportOf(tally).figures)}`);
    }
    return reportOf(tally);
  },
};

type JudgeSeed = (business: Business, tally: Tally, complain: (mistake: string) => void) => Promise<void>;

async function inProcess({ tell, signal }: Asked): Promise<JudgeSeed> {
  const pack = await loadPack(PACK_DIRECTORY);
  return (business, tally, complain) => evalRecorded(business, { pack, tally, complain, tell, signal });
}

async function overServers(asked: Asked): Promise<JudgeSeed> {
  const stack = await asked.startServers();
  return (business, tally, complain) =>
    evalLive(business, { ...asked, stack, tally, complain, scenarioFile: SCENARIO, until: UNTIL });
}

/** It passes when nothing is missing, unfounded or wrong, and something was judged. */
export function reportOf(tally: Tally): Report {
  const { expected, found, matched, payload_errors, unexplained_expected, unexplained_found, unexplained_errors } =
    tally;
  const { source_errors } = tally;
  return {
    passed:
      matched > 0 &&
      matched === expected &&
      matched === found &&
      payload_errors === 0 &&
      unexplained_errors === 0 &&
      source_errors === 0,
    figures: {
      ...{ precision: share(matched, found), recall: share(matched, expected), payload_errors },
      ...{ unexplained_expected, unexplained_found, unexplained_errors, source_errors },
      ...{ events: found, rows: tally.rows, acts: tally.actsByName },
    },
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
