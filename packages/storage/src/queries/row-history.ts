import type { Row } from '@overlay/model';
import type { Database } from '../database.ts';
import { Unanswerable } from '../unanswerable.ts';
import { instant } from './sql.ts';

/** A table as people name it (`table` or `database.table`), of a source where there are several. */
export interface AskedTable {
  readonly table: string;
  readonly source?: string | undefined;
}

/** One thing that happened to a row, or a definition of its table (without an event). */
export interface StoredHistoryEntry {
  readonly sequence: number;
  readonly order: number;
  readonly timestamp: string;
  readonly transactionId: string | null;
  readonly operation: string;
  readonly eventId: string | null;
  readonly database: string;
  readonly table: string;
  readonly primaryKey: Row | null;
  readonly before: Row | null;
  readonly after: Row | null;
  /** Where the key itself was changed: the one it had before, or has from then on. */
  readonly otherKey: Row | null;
  readonly actor: { readonly id: string | null; readonly label: string | null; readonly grade: string } | null;
  readonly thread: string | null;
  readonly schemaVersion: string;
  readonly file: string;
  readonly position: number;
  readonly statement: string | null;
  readonly hasUnshowableText: boolean;
}

/** A row as it was, and the change that made it so. */
export interface StoredRow {
  readonly primaryKey: Row;
  readonly row: Row;
  readonly sequence: number;
  readonly order: number;
  readonly timestamp: string;
  readonly operation: string;
  readonly eventId: string;
  readonly doubts: readonly string[];
}

/** A table and a place in the log of its source. */
export interface FoundPlace {
  readonly source: string;
  readonly database: string;
  readonly table: string;
  readonly sequence: number;
}

const CODES: Readonly<Record<string, Unanswerable['code']>> = {
  P0002: 'not_found',
  '22023': 'invalid',
  P0003: 'ambiguous',
};

/** Asks a function that raises what it cannot answer. */
async function asked<Answered extends object>(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<Answered[]> {
  try {
    return await database.query<Answered & Record<string, unknown>>(text, values);
  } catch (thrown) {
    const { code, hint = '' } = thrown as { readonly code?: string; readonly hint?: string };
    const kind = CODES[code ?? ''];
    if (kind === undefined || !(thrown instanceof Error)) throw thrown;
    throw new Unanswerable(kind, thrown.message, hint);
  }
}

/** Columns of a table's newest primary key, in its order. Throws {@link Unanswerable}. */
export async function readKeyColumns(database: Database, { table, source }: AskedTable): Promise<readonly string[]> {
  const [found] = await asked<{ key: string[] }>(
    database,
    `select v.definition -> 'key' as key from audit.find_table($1, $2) f join audit.schema_versions v using (source, database_name, table_name)
      order by v.version desc limit 1`,
    [table, source ?? null],
  );
  return found?.key ?? [];
}

/** The table, and the sequence that a time, a GTID or a sequence names in its source. Throws {@link Unanswerable}. */
export async function readPlace(database: Database, { table, source }: AskedTable, at: string): Promise<FoundPlace> {
  const [found] = await asked<{ source: string; database_name: string; table_name: string; sequence: string }>(
    database,
    'select f.*, audit.sequence_at(f.source, $3) as sequence from audit.find_table($1, $2) f',
    [table, source ?? null, at],
  );
  if (!found) throw new Unanswerable('not_found', `the log knows no table '${table}'`, '');
  return {
    source: found.source,
    database: found.database_name,
    table: found.table_name,
    sequence: Number(found.sequence),
  };
}

/** The sequence that a time, a GTID or a sequence names in a source. Throws {@link Unanswerable}. */
export async function readSequenceAt(database: Database, source: string, at: string): Promise<number> {
  const [found] = await asked<{ sequence: string }>(database, 'select audit.sequence_at($1, $2) as sequence', [
    source,
    at,
  ]);
  return Number(found?.sequence);
}

/** What happened to a row, in order. Throws {@link Unanswerable}. */
export async function readRowHistory(
  database: Database,
  { table, source }: AskedTable,
  key: Row,
): Promise<readonly StoredHistoryEntry[]> {
  const rows = await asked<{
    sequence: string;
    change_order: number;
    committed: string;
    transaction_id: string | null;
    operation: string;
    event_id: string | null;
    database_name: string;
    table_name: string;
    primary_key: Row | null;
    row_before: Row | null;
    row_after: Row | null;
    other_key: Row | null;
    actor_id: string | null;
    actor_label: string | null;
    actor_grade: string | null;
    thread: string | null;
    schema_version: string;
    binlog_file: string;
    binlog_position: string;
    statement: string | null;
    has_unshowable_text: boolean;
  }>(database, `select *, ${instant('committed_at')} as committed from analyst.history($1, $2, $3)`, [
    table,
    JSON.stringify(key),
    source ?? null,
  ]);
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    order: row.change_order,
    timestamp: row.committed,
    transactionId: row.transaction_id,
    operation: row.operation,
    eventId: row.event_id,
    database: row.database_name,
    table: row.table_name,
    primaryKey: row.primary_key,
    before: row.row_before,
    after: row.row_after,
    otherKey: row.other_key,
    actor: row.actor_grade === null ? null : { id: row.actor_id, label: row.actor_label, grade: row.actor_grade },
    thread: row.thread,
    schemaVersion: row.schema_version,
    file: row.binlog_file,
    position: Number(row.binlog_position),
    statement: row.statement,
    hasUnshowableText: row.has_unshowable_text,
  }));
}

/** Rows as they were after a sequence, the first of them, and how many there are. Throws {@link Unanswerable}. */
export async function readRowsAsOf(
  database: Database,
  { table, source }: AskedTable,
  { at, key, limit }: { readonly at: string; readonly key?: Row | undefined; readonly limit: number },
): Promise<{ readonly total: number; readonly rows: readonly StoredRow[] }> {
  const rows = await asked<{
    primary_key: Row;
    row: Row;
    sequence: string;
    change_order: number;
    committed: string;
    operation: string;
    event_id: string;
    doubts: string[];
    total: string;
  }>(
    database,
    `select *, ${instant('committed_at')} as committed, count(*) over () as total from analyst.as_of($1, $2, $3, $4)
      order by sequence, change_order limit $5`,
    [table, at, key === undefined ? null : JSON.stringify(key), source ?? null, limit],
  );
  return {
    total: Number(rows[0]?.total ?? 0),
    rows: rows.map((row) => ({
      primaryKey: row.primary_key,
      row: row.row,
      sequence: Number(row.sequence),
      order: row.change_order,
      timestamp: row.committed,
      operation: row.operation,
      eventId: row.event_id,
      doubts: row.doubts,
    })),
  };
}

/** A part of the log that nobody can know: what stands at a sequence, or is missing before it. */
export interface StoredHole {
  readonly sequence: number;
  readonly why: string;
}

/** What of the log up to a sequence nobody can know, a sentence each. */
export async function readHoles(database: Database, source: string, upTo: number): Promise<readonly StoredHole[]> {
  const rows = await database.query<{ sequence: string; why: string }>(
    'select sequence, why from audit.holes($1, $2)',
    [source, upTo],
  );
  return rows.map(({ sequence, why }) => ({ sequence: Number(sequence), why }));
}
