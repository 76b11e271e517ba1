import { canonicalJson, identify } from '@overlay/evidence';
import type { BusinessEvent, DenseRecord } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import { loadPack, readOffer } from '@overlay/packs/load';
import { type Difference, differencesOf, makeReplay, type Replayed, rememberedTables } from '@overlay/rules';
import {
  type Database,
  type LogStretch,
  PackRewritten,
  readCurrentEvents,
  readHeads,
  readLoggedRecords,
  readSequencesBetween,
  readSources,
  STAGES,
  writeRebuild,
} from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseDays, chooseSource } from './choose.ts';
import type { ReplayReport } from './contract/index.ts';

export interface ReplayAsk {
  readonly source?: string | undefined;
  /** A sequence or a day, both included; without them, from the beginning and up to the end of what the rules have gone through. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** How many differences of each kind, and rules that could not be evaluated, are listed. */
  readonly limit?: number | undefined;
}

export interface ReplayDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
}

const LIMIT_DEFAULT = 5;
const SEQUENCE = /^[1-9]\d{0,14}$/;
const [, RULES_STAGE] = STAGES;

/** Applies a pack to what stands in the log, and tells how its events differ from those that hold now. Changes nothing. */
export async function replay(deps: ReplayDeps, directory: string, ask: ReplayAsk): Promise<Answer<ReplayReport>> {
  const stretch = await chooseLog(deps, ask);
  if (!stretch.ok) return stretch;
  const report = await makeReport(deps, directory, stretch.value, ask.limit);
  for await (const _ of report.records) {
    // what they tell is in the report
  }
  return answer(report.told(null));
}

export interface RebuildAsk extends ReplayAsk {
  readonly by: string;
  /** Whether events of rules that could not be evaluated may be missing from what holds. */
  readonly despiteFaults?: boolean | undefined;
}

/** A rule could not be evaluated where its events were to hold. */
class FaultyRules extends Error {
  override readonly name = 'FaultyRules';
}

/**
 * Does the same, and makes its events the ones that hold from here on; those that landed stay beside them. Refused, and nothing is changed, at the first
 * rule that cannot be evaluated: its events would be gone without a word.
 */
export async function rebuild(
  deps: ReplayDeps,
  directory: string,
  { by, despiteFaults = false, ...ask }: RebuildAsk,
): Promise<Answer<ReplayReport>> {
  const stretch = await chooseLog(deps, ask);
  if (!stretch.ok) return stretch;
  const report = await makeReport(deps, directory, stretch.value, ask.limit);
  const pack = await readOffer(directory);
  try {
    const records = despiteFaults ? report.records : withoutFaults(report.records);
    const number = await writeRebuild(deps.database, { ...stretch.value, pack, by }, records, canonicalJson);
    return answer(report.told(number));
  } catch (thrown) {
    if (thrown instanceof PackRewritten)
      return refuse('conflict', thrown.message, 'a version means one content for ever');
    if (thrown instanceof FaultyRules)
      return refuse(
        'conflict',
        thrown.message,
        'nothing was changed; `auditctl rules replay` lists what cannot be evaluated, --despite-faults goes on without it',
      );
    throw thrown;
  }
}

async function* withoutFaults(records: AsyncIterable<Replayed>): AsyncGenerator<Replayed> {
  for await (const made of records) {
    const [fault] = made.faults;
    if (fault !== undefined) throw new FaultyRules(`in sequence ${made.record.sequence} ${fault}`);
    yield made;
  }
}

async function chooseLog({ database, zone, now }: ReplayDeps, ask: ReplayAsk): Promise<Answer<LogStretch>> {
  const chosen = chooseSource(ask.source, await readSources(database));
  if (!chosen.ok) return chosen;
  const source = chosen.value;
  const isSequence = (text: string | undefined): text is string => text !== undefined && SEQUENCE.test(text);
  const days = chooseDays(
    { from: isSequence(ask.from) ? undefined : ask.from, to: isSequence(ask.to) ? undefined : ask.to },
    zone,
    now(),
  );
  if (!days.ok) return days;
  const found = await readSequencesBetween(database, source, days.value);
  const head = (await readHeads(database)).find((one) => one.stage === RULES_STAGE && one.source === source);
  const from = isSequence(ask.from) ? Number(ask.from) : (found?.from ?? 1);
  const to = Math.min(isSequence(ask.to) ? Number(ask.to) : (found?.to ?? 0), head?.landed ?? 0);
  return from <= to
    ? answer({ source, from, to })
    : refuse(
        'not_found',
        `the rules have gone through nothing of ${source} in that stretch`,
        `they have gone through sequences 1 to ${head?.landed ?? 0}`,
      );
}

async function makeReport({ database }: ReplayDeps, directory: string, stretch: LogStretch, limit = LIMIT_DEFAULT) {
  const pack = await loadPack(directory);
  const { source, from, to } = stretch;
  const counts = new Map<string, { kept: number; added: number; removed: number; changed: number }>();
  const listed: Difference[] = [];
  const faultDetails = new Set<string>();
  let [transactions, rows, unexplained, faults] = [0, 0, 0, 0];
  const countOf = (type: string) => {
    const known = counts.get(type) ?? { kept: 0, added: 0, removed: 0, changed: 0 };
    counts.set(type, known);
    return known;
  };
  const tell = (differences: readonly Difference[], record: DenseRecord<BusinessEvent>): void => {
    for (const { type } of record.items) countOf(type).kept++;
    for (const difference of differences) {
      const count = countOf(difference.event.type);
      count[difference.kind]++;
      if (difference.kind !== 'removed') count.kept--;
      if (count[difference.kind] <= limit) listed.push(difference);
    }
  };
  async function* records(): AsyncGenerator<Replayed> {
    const play = makeReplay(pack, identify, source);
    const before = { source, from: 1, to: from - 1 };
    for await (const record of readLoggedRecords(database, before, rememberedTables(pack))) play.learn(record);
    const standing = readCurrentEvents(database, stretch);
    const current = makeFormer(standing);
    try {
      for await (const record of readLoggedRecords(database, stretch)) {
        const made = play.apply(record);
        transactions++;
        rows += record.items.length;
        unexplained += made.unexplained.reduce((sum, change) => sum + change.rows, 0);
        faults += made.faults.length;
        for (const detail of made.faults) if (faultDetails.size < limit) faultDetails.add(detail);
        tell(
          differencesOf(record.sequence, await current(record.sequence), made.record.items, canonicalJson),
          made.record,
        );
        yield made;
      }
    } finally {
      await standing.return(undefined);
    }
  }
  return {
    records: records(),
    told: (number: number | null): ReplayReport => ({
      source,
      pack: pack.name,
      version: pack.version,
      fromSequence: from,
      toSequence: to,
      transactions,
      rows,
      unexplainedRows: unexplained,
      faults,
      faultDetails: [...faultDetails],
      types: [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([type, count]) => ({ type, ...count })),
      differences: listed.map((difference) => ({
        kind: difference.kind,
        sequence: difference.sequence,
        event: difference.event,
        former: difference.kind === 'changed' ? difference.former : null,
      })),
      rebuild: number,
    }),
  };
}

/** Gives the events of a sequence out of those that come in order; sequences are asked for in order too. */
function makeFormer(events: AsyncGenerator<{ readonly sequence: number; readonly event: BusinessEvent }>) {
  let next: Awaited<ReturnType<typeof events.next>> | undefined;
  return async (sequence: number): Promise<readonly BusinessEvent[]> => {
    const found: BusinessEvent[] = [];
    for (;;) {
      next ??= await events.next();
      if (next.done || next.value.sequence > sequence) return found;
      if (next.value.sequence === sequence) found.push(next.value.event);
      next = undefined;
    }
  };
}
