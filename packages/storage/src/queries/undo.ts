import { ChangeEvent, type ColumnDefinition, type Row } from '@overlay/model';
import type { Database } from '../database.ts';
import type { TransactionKey } from './transaction.ts';

/** A definition that rows were written under. */
export interface StoredDefinition {
  readonly columns: readonly ColumnDefinition[];
  readonly key: readonly string[];
  /** The statements that made it so, in their order. */
  readonly statements: readonly string[];
}

/** What came after a transaction and has to do with what it did. */
export interface LaterChange {
  readonly database: string;
  readonly table: string;
  /** Null for a definition of the table, or a TRUNCATE. */
  readonly primaryKey: Row | null;
  readonly what: string;
  readonly times: number;
  /** The last of them. */
  readonly sequence: number;
}

const PLACE = 'source = $1 and sequence = $2 and commit_time = $3::timestamptz';
const placeOf = ({ source, sequence, commitTime }: TransactionKey): readonly unknown[] => [
  source,
  sequence,
  commitTime,
];

/** The changes of a transaction, in order, with values as they are; at most `limit`. */
export async function readChangesOf(
  database: Database,
  key: TransactionKey,
  limit: number,
): Promise<readonly ChangeEvent[]> {
  const rows = await database.query<{ body: string }>(
    `select body::text as body from audit.change_events where ${PLACE} order by ordinal limit $4`,
    [...placeOf(key), limit],
  );
  return rows.map(({ body }) => ChangeEvent.parse(JSON.parse(body)));
}

/** Definitions by their names (`database.table:version`), those that are known. */
export async function readDefinitionsOf(
  database: Database,
  source: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, StoredDefinition>> {
  const rows = await database.query<{
    name: string;
    definition: Omit<StoredDefinition, 'statements'>;
    statements: string[];
  }>(
    `select * from (select database_name || '.' || table_name || ':' || version as name, definition,
        array(select p.statement from audit.schema_versions p where p.table_id = v.table_id and p.source = v.source
          and (p.sequence, p.ordinal) <= (v.sequence, v.ordinal) order by p.sequence, p.ordinal) as statements
        from audit.schema_versions v where source = $1) v where name = any($2)`,
    [source, names],
  );
  return new Map(rows.map(({ name, definition, statements }) => [name, { ...definition, statements }]));
}

/** Later changes of the rows that a transaction changed (tables without a key left out), and of their tables; the newest first, at most `limit`. */
export async function readLaterChanges(
  database: Database,
  key: TransactionKey,
  { eventIds, limit }: { readonly eventIds: readonly string[]; readonly limit: number },
): Promise<readonly LaterChange[]> {
  const rows = await database.query<{ name: string; what: string; times: string; last: string }>(
    `with own as materialized (select distinct audit.row_name(body) as name, database_name, table_name from audit.change_events
        where ${PLACE} and event_id = any($4::uuid[])),
      tables as (select distinct database_name, table_name,
        audit.row_name_of($1, database_name, table_name, '{}') as name from own),
      wanted as (select name, 'row' as what from own where name not like '%"primaryKey":{},%' union all select name, 'TRUNCATE' from tables)
      select w.name, w.what, count(*) as times, max(e.sequence) as last from wanted w
        join audit.change_events e on audit.row_hash(e.body) = hashtextextended(w.name, 0) and audit.row_name(e.body) = w.name
        where e.source = $1 and e.sequence > $2 and (w.what = 'row') = (e.operation <> 'TRUNCATE') group by 1, 2
      union all
      select t.name, upper(v.kind), count(*), max(v.sequence) from tables t join audit.schema_versions v on v.source = $1 and v.sequence > $2
        and ((v.database_name = t.database_name and v.table_name = t.table_name)
          or (v.previous_database = t.database_name and v.previous_table = t.table_name)) group by 1, 2
      order by last desc, name limit $5`,
    [...placeOf(key), eventIds, limit],
  );
  return rows.map(({ name, what, times, last }) => {
    const named = JSON.parse(`{${name}}`) as {
      readonly database: string;
      readonly table: string;
      readonly primaryKey: Row;
    };
    return {
      database: named.database,
      table: named.table,
      primaryKey: what === 'row' ? named.primaryKey : null,
      what,
      times: Number(times),
      sequence: Number(last),
    };
  });
}
