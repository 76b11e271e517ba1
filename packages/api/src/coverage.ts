import type { Zone } from '@overlay/narratives';
import {
  type CoverageInterval,
  countStretch,
  type Database,
  readCoverageCheck,
  readCoverageIntervals,
  readGaps,
  readLogPlace,
  readSequenceAt,
  readSources,
  type StoredStretch,
} from '@overlay/storage';
import { type Answer, answer, answered, refuse } from './answer.ts';
import { chooseSource } from './choose.ts';
import type { Coverage } from './contract/index.ts';
import { gapOf } from './gaps.ts';
import { beginningOf } from './rows.ts';

export interface CoverageAsk {
  readonly source?: string | undefined;
  /** A time with its zone, a day (its beginning), a GTID or a sequence. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface CoverageDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
}

const GAPS_MAX = 1000;
/** A source that was not asked for so long may have executed anything. */
const STALE_MS = 15 * 60_000;
const FIRST_STAGE = 'normalizer';

const UNSEEN = [
  'what a session with sql_log_bin=0 wrote is in no binary log: compare the rows',
  'statements that MySQL carries out and does not log, such as actions of foreign keys before 9.6: see the checks of the source',
];

/** Whether anything of a source is missing, by its last look at the source and by the rows that are stored; reads all rows of the stretch. */
export async function readCoverage(deps: CoverageDeps, ask: CoverageAsk): Promise<Answer<Coverage>> {
  const { database, zone } = deps;
  const source = chooseSource(ask.source, await readSources(database));
  if (!source.ok) return source;
  const name = source.value;
  const place = await readLogPlace(database, name);
  if (!place || place.landed === 0)
    return refuse('not_found', `nothing of the source '${name}' has landed`, 'see auditctl status');
  const stretch = await chooseSequences(deps, name, ask, place.landed);
  if (!stretch.ok) return stretch;
  const { first, last } = stretch.value;
  const [check, intervals] = [await readCoverageCheck(database, name), await readCoverageIntervals(database, name)];
  const gaps = (await readGaps(database, GAPS_MAX))
    .filter((gap) => gap.source === name && gap.stage === FIRST_STAGE)
    .filter(({ afterSequence }) => afterSequence >= first - 1 && afterSequence <= last)
    .map(gapOf);
  const told = {
    source: name,
    checkedAt: check?.checkedAt ?? null,
    serverUuid: check?.serverUuid ?? null,
    beganAt: check?.beganAt ?? place.beganAt,
    isBeginningProven: check?.isBeginningProven ?? false,
    first,
    last,
    states: statesOf(intervals),
    intervals: [...intervals],
    ...mutable(await countStretch(database, name, first, last)),
    gaps,
  };
  const lacks = lacksOf(told);
  const doubts = doubtsOf(told, check?.obstacle ?? null, deps.now());
  const verdict = lacks.length > 0 ? 'incomplete' : doubts.length > 0 ? 'unknown' : 'complete';
  return answer({ timeZone: zone.name, verdict, findings: [...lacks, ...doubts], ...told, unseen: UNSEEN });
}

const chooseSequences = (
  deps: CoverageDeps,
  source: string,
  { from, to }: CoverageAsk,
  landed: number,
): Promise<Answer<{ readonly first: number; readonly last: number }>> =>
  answered(async () => {
    const sequenceAt = async (at: string | undefined, otherwise: number): Promise<number> =>
      at === undefined ? otherwise : readSequenceAt(deps.database, source, beginningOf(at, deps));
    const [first, last] = [await sequenceAt(from, 1), await sequenceAt(to, landed)];
    if (first > last) return refuse('invalid', `${from} comes after ${to}`, 'give --from the earlier one');
    return answer({ first, last });
  });

const mutable = ({ kinds, changes, lacking, miscounted, setAside }: StoredStretch) => ({
  kinds: [...kinds],
  changes: [...changes],
  lacking: [...lacking],
  miscounted: [...miscounted],
  setAside: [...setAside],
});

function statesOf(intervals: readonly CoverageInterval[]): Coverage['states'] {
  const counts = new Map<string, number>();
  for (const { state, first, last } of intervals) counts.set(state, (counts.get(state) ?? 0) + last - first + 1);
  return [...counts].map(([state, transactions]) => ({ state, transactions }));
}

type Told = Omit<Coverage, 'timeZone' | 'verdict' | 'findings' | 'unseen'>;

const transactions = (count: number): string => `${count} ${count === 1 ? 'transaction' : 'transactions'}`;

/** What is missing for sure. */
function lacksOf({ intervals, lacking, miscounted, setAside, gaps }: Told): readonly string[] {
  return [
    ...intervals
      .filter(({ state }) => state === 'gap')
      .map(
        ({ server, first, last, cause, afterTime }) =>
          `gap ${server}:${first}${first === last ? '' : `-${last}`}, ${transactions(last - first + 1)}${afterTime === null ? '' : `, after ${afterTime}`}: ${cause}`,
      ),
    ...intervals
      .filter(({ state }) => state === 'unknown_to_source')
      .map(
        ({ server, first, last }) =>
          `${server}:${first}${first === last ? '' : `-${last}`} landed, and the source does not know it: it was restored, or another server took over without it`,
      ),
    ...lacking.map(({ first, last }) =>
      first === last ? `sequence ${first} has no row` : `sequences ${first} to ${last} have no rows`,
    ),
    ...miscounted.map(
      ({ sequence, announced, stored }) =>
        `sequence ${sequence} has ${stored} changes, and ended with ${announced}: auditctl verify tells what was done to it`,
    ),
    ...(setAside.length === 0
      ? []
      : [
          `${transactions(setAside.length)} set aside, the first is sequence ${setAside[0]?.sequence}: see auditctl dead-letters`,
        ]),
    ...gaps.map(
      ({ gapId, code, decision, detail }) =>
        `gap ${gapId.slice(0, 8)} (${code}${decision === null ? ', undecided' : `, ${decision}`}): ${detail}`,
    ),
  ];
}

/** Why it cannot be told whether something is missing. */
function doubtsOf({ checkedAt, states }: Told, obstacle: string | null, now: Date): readonly string[] {
  if (checkedAt === null) return ['the source has never been asked what it executed: run the reconciler beside it'];
  const unexplained = states.find(({ state }) => state === 'unexplained')?.transactions ?? 0;
  return [
    ...(now.getTime() - Date.parse(checkedAt) > STALE_MS
      ? [`the source was asked last at ${checkedAt}: the reconciler does not run, or does not reach it`]
      : []),
    ...(unexplained === 0 ? [] : [`${transactions(unexplained)} of the source did not land, and nobody knows why`]),
    ...(obstacle === null ? [] : [obstacle]),
  ];
}
