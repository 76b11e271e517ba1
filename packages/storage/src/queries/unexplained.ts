import type { UnexplainedChange } from '@overlay/model';
import type { Database } from '../database.ts';
import { instant } from './sql.ts';

export interface UnexplainedFilter {
  readonly source?: string | undefined;
  readonly table?: string | undefined;
  /** Commit times in `[from, to)`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** How much of a table's change no rule explains, by operation. */
export interface UnexplainedCount {
  readonly source: string;
  readonly database: string;
  readonly table: string;
  readonly operation: UnexplainedChange['operation'];
  /** Row changes that the inferencer has gone through, and those that no business event rests on. */
  readonly rows: number;
  readonly unexplained: number;
  readonly transactions: number;
}

const WHERE = `($1::text is null or source = $1) and ($2::text is null or table_name = $2)
  and ($3::timestamptz is null or commit_time >= $3) and ($4::timestamptz is null or commit_time < $4)`;

const valuesOf = ({ source, table, from, to }: UnexplainedFilter): unknown[] => [
  source ?? null,
  table ?? null,
  from ?? null,
  to ?? null,
];

/** Tables and operations with changes that no rule explains, most of them first. */
export async function countUnexplained(
  database: Database,
  filter: UnexplainedFilter,
): Promise<readonly UnexplainedCount[]> {
  const rows = await database.query<{
    source: string;
    database_name: string;
    table_name: string;
    operation: UnexplainedChange['operation'];
    rows: string;
    unexplained: string;
    transactions: string;
  }>(
    `with unexplained as (select source, database_name, table_name, operation, sum(row_count) as unexplained,
          count(distinct sequence) as transactions
        from audit.current_unexplained_changes where ${WHERE} group by source, database_name, table_name, operation),
      judged as (select source, database_name, table_name, operation, count(*) as rows from audit.change_events c
        where ${WHERE} and operation in ('INSERT', 'UPDATE', 'DELETE')
          and sequence <= (select landed from audit.heads h where h.stage = 'inferencer' and h.source = c.source)
        group by source, database_name, table_name, operation)
      select * from unexplained join judged using (source, database_name, table_name, operation)
      order by unexplained desc, source, database_name, table_name, operation`,
    valuesOf(filter),
  );
  return rows.map((row) => ({
    source: row.source,
    database: row.database_name,
    table: row.table_name,
    operation: row.operation,
    rows: Number(row.rows),
    unexplained: Number(row.unexplained),
    transactions: Number(row.transactions),
  }));
}

/** The newest of them, by transaction, table and operation. */
export async function readUnexplained(
  database: Database,
  filter: UnexplainedFilter,
  limit: number,
): Promise<readonly UnexplainedChange[]> {
  const rows = await database.query<{
    source: string;
    sequence: string;
    committed: string;
    database_name: string;
    table_name: string;
    operation: UnexplainedChange['operation'];
    row_count: string;
    first_event_id: string;
  }>(
    `select source, sequence, ${instant('commit_time')} as committed, database_name, table_name, operation, row_count, first_event_id
      from audit.current_unexplained_changes where ${WHERE}
      order by commit_time desc, source, sequence desc, database_name, table_name, operation limit $5`,
    [...valuesOf(filter), limit],
  );
  return rows.map((row) => ({
    source: row.source,
    sequence: Number(row.sequence),
    timestamp: row.committed,
    database: row.database_name,
    table: row.table_name,
    operation: row.operation,
    rows: Number(row.row_count),
    firstEventId: row.first_event_id,
  }));
}
