import type { BusinessEvent, ChangeEvent, DenseRecord } from '@overlay/model';
import type { Identify } from './rule.ts';

const BULK_CHANGE = 'bulk.change';

/**
 * The one event that stands for a very large transaction: how many rows changed, by table and operation. Its source events are the first
 * and the last of the transaction. Goes through the rows once, holding none.
 */
export function bulkChange(record: DenseRecord<ChangeEvent>, identify: Identify): BusinessEvent {
  const counts = new Map<string, Map<string, number>>();
  const ends: string[] = [];
  for (const { eventId, source, operation } of record.items) {
    const name = `${source.database}.${source.table}`;
    const table = counts.get(name) ?? new Map<string, number>();
    counts.set(name, table.set(operation, (table.get(operation) ?? 0) + 1));
    ends[ends.length === 0 ? 0 : 1] = eventId;
  }
  const tables = [...counts].map(([name, table]) => [
    name,
    Object.fromEntries([...table].map(([operation, count]) => [operation, String(count)])),
  ]);
  return {
    eventId: identify(record.source, record.transactionId, BULK_CHANGE, ends[0] ?? ''),
    type: BULK_CHANGE,
    entityType: 'transaction',
    entityId: record.transactionId,
    timestamp: record.timestamp,
    actor: { id: null, label: null, grade: 'unknown' },
    payload: { rows: String(record.items.length), tables: Object.fromEntries(tables) },
    confidence: 1,
    sourceEventIds: ends,
    rule: BULK_CHANGE,
    ruleVersion: 1,
  };
}
