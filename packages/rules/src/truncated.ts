import type { BusinessEvent, ChangeEvent, DenseRecord } from '@overlay/model';
import type { Identify } from './rule.ts';

const TABLE_TRUNCATED = 'table.truncated';

/** The events of a record that empties tables: the rows that are gone stand in no change of their own. Of other records, none. */
export function truncationsOf(
  record: DenseRecord<ChangeEvent>,
  isIgnored: (row: ChangeEvent) => boolean,
  identify: Identify,
): readonly BusinessEvent[] {
  if (record.kind !== 'truncate' && record.kind !== 'repair') return NONE;
  return [...record.items]
    .filter((row) => row.operation === 'TRUNCATE' && !isIgnored(row))
    .map(({ eventId, source: { database, table } }) => ({
      eventId: identify(record.source, record.transactionId, TABLE_TRUNCATED, eventId),
      type: TABLE_TRUNCATED,
      entityType: 'table',
      entityId: `${database}.${table}`,
      timestamp: record.timestamp,
      actor: { id: null, label: null, grade: 'unknown' },
      payload: { database, table },
      confidence: 1,
      sourceEventIds: [eventId],
      rule: TABLE_TRUNCATED,
      ruleVersion: 1,
    }));
}

const NONE: readonly BusinessEvent[] = [];
