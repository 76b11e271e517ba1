import type { UnexplainedChange } from '@overlay/model';
import type { ClientBase } from 'pg';
import { withoutNul } from './copy.ts';

/** Writes down what no event rests on, of a rebuild or as it lands; what is there stays as it is. */
export async function landUnexplained(
  client: ClientBase,
  changes: readonly UnexplainedChange[],
  rebuild?: number,
): Promise<void> {
  if (changes.length === 0) return;
  const column = <Value>(of: (change: UnexplainedChange) => Value): Value[] => changes.map(of);
  await client.query(
    `insert into ${rebuild === undefined ? 'audit.unexplained_changes (' : 'audit.rebuilt_unexplained_changes (rebuild, '}
        source, sequence, commit_time, database_name, table_name, operation, row_count, first_event_id)
      select ${rebuild === undefined ? '' : '$9::integer, '}* from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::uuid[])
      on conflict do nothing`,
    [
      column(({ source }) => source),
      column(({ sequence }) => sequence),
      column(({ timestamp }) => timestamp),
      column(({ database }) => withoutNul(database)),
      column(({ table }) => withoutNul(table)),
      column(({ operation }) => operation),
      column(({ rows }) => rows),
      column(({ firstEventId }) => firstEventId),
      ...(rebuild === undefined ? [] : [rebuild]),
    ],
  );
}
