import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { identify } from '@overlay/evidence';
import { actLine, history, makeRecorder, type Recorded, type Scenario, TABLES } from '@overlay/generator';
import { type ChangeEvent, type DenseRecord, decideAtOnce } from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { type Label, makeInfer } from '@overlay/rules';
import { makeExpectations } from './expectations.ts';
import { makeJudge, type Tally } from './judge.ts';
import type { FoundRow } from './judge-rows.ts';

export const PACK_DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'packs', 'pharmacy');
const SOURCE = 'pharmacy';
const PROGRESS_ACTS = 100_000;
/** After so many acts, signals are heard. */
const BREATH_ACTS = 1000;

/** A history of the generator. */
export interface Business {
  readonly scenario: Scenario;
  readonly until_us: number;
}

interface RecordedOptions {
  readonly pack: Pack;
  readonly tally: Tally;
  readonly complain: (mistake: string) => void;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Plays a business in this process, infers its events from its row changes, and judges them as they come; nothing is kept. */
export async function evalRecorded(
  business: Business,
  { pack, tally, complain, tell, signal }: RecordedOptions,
): Promise<void> {
  const memory = new Map<string, Label>();
  const step = makeInfer(pack, identify).open({
    source: SOURCE,
    landed: 0,
    gtids: { has: () => false },
    recall: (key) => memory.get(key),
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const { judge } = makeJudge(makeExpectations(business.scenario), tally, complain);
  const { record } = makeRecorder();
  const canonical = makeCanonical();
  for (const transaction of history(business)) {
    const canonicalRecord = canonical(record(transaction));
    const { verdict, remember = [], unexplained = [] } = decideAtOnce(step, canonicalRecord);
    for (const [key, label] of remember) {
      if (label === null) memory.delete(key);
      else memory.set(key, label);
    }
    if (verdict.kind !== 'emit' || verdict.faults) throw new Error(`a rule failed: ${JSON.stringify(verdict)}`);
    const rows = [...canonicalRecord.items].map(rowOf);
    judge(actLine(transaction, Number(transaction.at)), { events: [...verdict.out.items], unexplained, rows });
    if (tally.acts % BREATH_ACTS === 0) await setImmediate();
    signal.throwIfAborted();
    if (tally.acts % PROGRESS_ACTS === 0) tell(`${tally.acts} acts, ${tally.rows} rows, ${tally.found} events`);
  }
}

const rowOf = ({ eventId, operation, source: { table, primaryKey } }: ChangeEvent): FoundRow => ({
  ...{ eventId, table, operation, primaryKey },
});

const KEYS = new Map(TABLES.map(({ name, key }) => [name, key]));
const METADATA = { connector: 'mysql', version: '3.6.1', file: 'binlog.000001', position: 4, thread: null } as const;

/** Recorded transactions as the normalizer gives them, with ids that only count. */
export function makeCanonical(): (recorded: Recorded) => DenseRecord<ChangeEvent> {
  let [sequence, row] = [0, 0];
  return ({ at, rows }) => {
    sequence += 1;
    const transactionId = `3e11fa47-71ca-11e1-9e33-c80aa9429562:${sequence}`;
    const items = rows.map(({ table, operation, before, after }, index): ChangeEvent => {
      row += 1;
      const values = after ?? before ?? {};
      const primaryKey = Object.fromEntries((KEYS.get(table) ?? []).map((column) => [column, values[column] ?? null]));
      return {
        eventId: `${row.toString(16).padStart(8, '0')}-66bd-5b0d-8c3e-${sequence.toString(16).padStart(12, '0')}`,
        source: { name: SOURCE, database: SOURCE, table, primaryKey },
        ...{ operation, before, after, timestamp: at, transactionId, sequence, order: index + 1 },
        ...{ schemaVersion: `${SOURCE}.${table}:1`, metadata: METADATA },
      };
    });
    return { source: SOURCE, sequence, kind: 'transaction', transactionId, timestamp: at, items };
  };
}
