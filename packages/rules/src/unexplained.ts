import type { ChangeEvent, UnexplainedChange } from '@overlay/model';
import type { Claims } from './claims.ts';

/**
 * What no event rests on, counted by table and operation: one entry each, by name. Rows of tables that the pack ignores need no
 * explanation. The first row stands for the others.
 */
export function unexplainedOf(
  rows: readonly ChangeEvent[],
  claims: Claims,
  isIgnored: (row: ChangeEvent) => boolean,
): readonly UnexplainedChange[] {
  const counts = new Map<string, { readonly first: ChangeEvent; rows: number }>();
  for (const row of rows) {
    if (claims.isClaimed(row) || isIgnored(row)) continue;
    const key = `${row.source.database}.${row.source.table} ${row.operation}`;
    const count = counts.get(key);
    if (count) count.rows++;
    else counts.set(key, { first: row, rows: 1 });
  }
  if (counts.size === 0) return NONE;
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { first, rows }]) => ({
      source: first.source.name,
      sequence: first.sequence,
      timestamp: first.timestamp,
      database: first.source.database,
      table: first.source.table,
      operation: first.operation,
      rows,
      firstEventId: first.eventId,
    }));
}

const NONE: readonly UnexplainedChange[] = [];
