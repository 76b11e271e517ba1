import type { Database } from '../database.ts';
import { instant } from './sql.ts';

/** What the last comparison of a table with its live source said. */
export interface StoredReconciliation {
  readonly source: string;
  readonly database: string;
  readonly table: string;
  readonly verdict: 'equal' | 'differs' | 'not_compared';
  /** The sequence up to which the log was folded. */
  readonly sequence: number;
  readonly sourceRows: number;
  readonly logRows: number;
  readonly differences: number;
  readonly comparedAt: string;
}

/** One table's result, and what of it is kept beside the counts: JSON without values of rows. */
export type Reconciled = Omit<StoredReconciliation, 'comparedAt'> & { readonly report: unknown };

/** Puts results in the place of the last ones of their tables. */
export async function storeReconciliations(database: Database, results: readonly Reconciled[]): Promise<void> {
  await database.query(
    `insert into audit.reconciliations (source, database_name, table_name, verdict, sequence, source_rows, log_rows, differences, report)
      select source, database, "table", verdict, sequence, "sourceRows", "logRows", differences, report
        from json_to_recordset($1) as r(source text, database text, "table" text, verdict text, sequence bigint, "sourceRows" bigint, "logRows" bigint, differences bigint, report json)
      on conflict (source, database_name, table_name) do update set verdict = excluded.verdict, sequence = excluded.sequence,
        source_rows = excluded.source_rows, log_rows = excluded.log_rows, differences = excluded.differences, report = excluded.report, compared_at = now()`,
    [JSON.stringify(results)],
  );
}

export async function readReconciliations(database: Database): Promise<readonly StoredReconciliation[]> {
  const rows = await database.query<
    Omit<StoredReconciliation, 'sequence' | 'sourceRows' | 'logRows' | 'differences'> & {
      sequence: string;
      source_rows: string;
      log_rows: string;
      differences: string;
    }
  >(
    `select source, database_name as database, table_name as table, verdict, sequence, source_rows, log_rows, differences, ${instant('compared_at')} as "comparedAt"
      from audit.reconciliations order by source, database_name, table_name`,
  );
  return rows.map(({ source_rows, log_rows, ...row }) => ({
    ...row,
    sequence: Number(row.sequence),
    sourceRows: Number(source_rows),
    logRows: Number(log_rows),
    differences: Number(row.differences),
  }));
}
