import {
  type BusinessEvent,
  type ChangeEvent,
  type Decision,
  type DenseRecord,
  decideAtOnce,
  type Fold,
  type Operation,
  type RecordKind,
  type Row,
} from '@overlay/model';
import { identify } from '@overlay/model/testing';

export interface RowSpec {
  readonly table: string;
  readonly operation: Operation;
  readonly before?: Row;
  readonly after?: Row;
  /** What the application said in the statement. */
  readonly context?: Readonly<Record<string, string>>;
}

export const insert = (table: string, after: Row): RowSpec => ({ table, operation: 'INSERT', after });
export const read = (table: string, after: Row): RowSpec => ({ table, operation: 'READ', after });
export const update = (table: string, before: Row, after: Row): RowSpec => ({
  table,
  operation: 'UPDATE',
  before,
  after,
});
export const remove = (table: string, before: Row): RowSpec => ({ table, operation: 'DELETE', before });

/** A record of the transactions' topic. Event ids hang on table and values, so that they stay when rows change places. */
export function record(
  sequence: number,
  rows: readonly RowSpec[],
  timestamp = '2026-03-10T15:00:00.000000Z',
  kind: RecordKind = 'transaction',
): DenseRecord<ChangeEvent> {
  const transactionId = `gtid:${sequence}`;
  const items = rows.map((row, index): ChangeEvent => {
    const values = JSON.stringify([row.before, row.after]);
    return {
      eventId: identify(transactionId, row.table, row.operation, values),
      source: { name: 'shop', database: 'shop', table: row.table, primaryKey: {} },
      operation: row.operation,
      before: row.before ?? null,
      after: row.after ?? null,
      timestamp,
      transactionId,
      sequence,
      order: index + 1,
      schemaVersion: `shop.${row.table}:1`,
      metadata: {
        connector: 'mysql',
        version: '3',
        file: 'binlog.000001',
        position: sequence,
        row: index,
        gtid: transactionId,
        thread: 1,
        snapshot: kind === 'snapshot',
        inferred: false,
        ...(row.context && { context: row.context }),
      },
    };
  });
  return { source: 'shop', sequence, kind, transactionId, timestamp, items };
}

type Infer = Fold<DenseRecord<ChangeEvent>, DenseRecord<BusinessEvent>, string>;
export type Outcome = Decision<DenseRecord<BusinessEvent>, string>;

/** A shell in small: keeps what the stage remembers; `reopenEvery` records it begins again from memory alone, as after a restart. */
export function runInfer(
  infer: Infer,
  records: readonly DenseRecord<ChangeEvent>[],
  reopenEvery = Number.POSITIVE_INFINITY,
): { outcomes: Outcome[]; memory: Map<string, string> } {
  const memory = new Map<string, string>();
  const open = () =>
    infer.open({
      source: 'shop',
      landed: 0,
      gtids: { has: () => false },
      recall: (key) => memory.get(key),
      accepted: new Set(),
      newItems: <Item>(): Item[] => [],
    });
  let step = open();
  const outcomes = records.map((item, index) => {
    if (index > 0 && index % reopenEvery === 0) step = open();
    const outcome = decideAtOnce(step, item);
    for (const [key, value] of outcome.remember ?? []) {
      if (value === null) memory.delete(key);
      else memory.set(key, value);
    }
    return outcome;
  });
  return { outcomes, memory };
}

export const eventsOf = (outcomes: readonly Outcome[]): BusinessEvent[] =>
  outcomes.flatMap(({ verdict }) => (verdict.kind === 'emit' ? [...verdict.out.items] : []));
