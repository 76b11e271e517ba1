import { type ColumnDefinition, must } from '@overlay/model';
import type { ClientBase } from 'pg';
import type { Database } from '../database.ts';

/** A table that there was after a sequence, by its definition of then. */
export interface FoldedTable {
  readonly source: string;
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  /** Columns of its primary key; none for a table without one. */
  readonly key: readonly string[];
  /** Defaults that are plain values, by column. */
  readonly defaults: Readonly<Record<string, string>>;
}

/** A row as the log says it was, or of a table without a primary key an image that a change brought (1) or took away (-1). */
export interface FoldedRow {
  /** Canonical JSON of the primary key; `{}` for a table without one. */
  readonly key: string;
  /** Canonical JSON of the row. */
  readonly row: string;
  readonly count: 1 | -1;
  /** The change behind it. */
  readonly sequence: number;
  readonly eventId: string;
  /** Columns whose value stands for this or another one, by what the connector gave. */
  readonly doubtful: readonly string[];
  /** What DDL made of the row that the log cannot know, each a sentence that begins with the column's name. */
  readonly doubts: readonly string[];
}

/** The tables of a source after a sequence, by name. */
export async function readTablesAt(
  database: Database,
  source: string,
  sequence: number,
): Promise<readonly FoldedTable[]> {
  const rows = await database.query<{
    database_name: string;
    table_name: string;
    definition: { readonly columns: ColumnDefinition[]; readonly key: string[] };
    defaults: Record<string, string>;
  }>(
    `select database_name, table_name, definition, defaults from (
        select distinct on (database_name, table_name) * from (
          select sequence, ordinal, database_name, table_name, kind, definition, defaults from audit.schema_versions
            where source = $1 and sequence <= $2
          union all select sequence, ordinal, previous_database, previous_table, 'drop', null, null from audit.schema_versions
            where source = $1 and sequence <= $2 and kind = 'rename') versions
        order by database_name, table_name, sequence desc, ordinal desc) newest
      where kind <> 'drop' order by database_name, table_name`,
    [source, sequence],
  );
  return rows.map(({ database_name, table_name, definition, defaults }) => ({
    source,
    database: database_name,
    table: table_name,
    columns: definition.columns,
    key: definition.key,
    defaults,
  }));
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** How the rows of a table are folded: its names and definitions up to the sequence, and the state that they begin with. */
interface Folding {
  readonly versions: string;
  /** How many names, databases and keys it had. */
  readonly segments: number;
  readonly last_version: string;
  /** The sequence behind which changes are read. */
  readonly behind: string;
  readonly state_id: number | null;
}

const PAGE_ROWS = 5000;
/** For a large sort, the same as of `analyst.as_of`; every row is asked for. */
const SORTING = ["work_mem = '64MB'", 'jit = off', 'cursor_tuple_fraction = 1'];

interface PageRow {
  readonly key: string;
  readonly row: string | null;
  readonly row_before: string | null;
  readonly sequence: string;
  readonly event_id: string;
  readonly doubtful: string | null;
  readonly doubts: string[] | null;
}

/**
 * The rows of a table after a sequence, in no order, a page at a time: the newest image of each key, as DDL left it. They cost what there is of them and what was
 * changed since the newest state that is kept. Of a table without a primary key every image that came or went since it was last emptied. Postgres sorts beyond
 * its memory on disk.
 */
export async function* readFoldedRows(
  database: Database,
  table: FoldedTable,
  sequence: number,
): AsyncGenerator<readonly FoldedRow[]> {
  const makeText = async (client: ClientBase): Promise<string> =>
    textOf(table, sequence, await readFolding(client, table, sequence));
  for await (const page of database.pages<PageRow & Record<string, unknown>>(makeText, PAGE_ROWS, SORTING)) {
    const rows: FoldedRow[] = [];
    for (const found of page) pushRows(rows, found);
    yield rows;
  }
}

async function readFolding(client: ClientBase, table: FoldedTable, sequence: number): Promise<Folding> {
  const { rows } = await client.query<Folding>(
    `select json_agg(json_build_object('sequence', sequence, 'columns', definition -> 'columns', 'renamedColumns', definition -> 'renamedColumns',
          'losesRows', loses_rows, 'computes', statement ~* '\\mas\\s*[(]') order by sequence, ordinal)::text as versions,
        max(begins.segments) as segments, max(sequence)::text as last_version,
        coalesce(max(state.as_of_sequence), max(begins.first_sequence) - 1)::text as behind, max(state.state_id) as state_id
      from audit.rows_begin($1, $2, $3, $4) begins left join audit.whole_row_state($1, $2, $3, $4) state on $5, audit.lineage($1, $2, $3, $4) l
        join audit.schema_versions s on s.source = $1 and s.database_name = l.database_name and s.table_name = l.table_name and s.kind <> 'drop'
          and s.sequence between l.from_sequence and l.to_sequence`,
    [table.source, table.database, table.table, sequence, table.key.length > 0],
  );
  const [folding] = rows;
  must(folding, 'an aggregate gives a row');
  return folding;
}

function pushRows(rows: FoldedRow[], { key, row, row_before, sequence, event_id, doubtful, doubts }: PageRow): void {
  const folded = {
    key,
    sequence: Number(sequence),
    eventId: event_id,
    doubtful: doubtful === null ? NONE : (JSON.parse(doubtful) as string[]),
    doubts: doubts ?? NONE,
  };
  if (row !== null) rows.push({ ...folded, row, count: 1 });
  if (row_before !== null) rows.push({ ...folded, row: row_before, count: -1 });
}

const NONE: readonly string[] = [];

/** Members of a canonical body; neither text can stand in a value or a name: there, quotes are escaped. */
export const AFTER = `case when body like '{"after":null,%' then null else substr(split_part(body, '},"before":', 1), 10) || '}' end`;
export const BEFORE = `case when body like '{"after":null,"before":{%' then substr(split_part(body, '},"eventId":"', 1), 24) || '}'
  when strpos(body, '},"before":{') > 0 then split_part(split_part(body, '},"before":', 2), '},"eventId":"', 1) || '}' end`;
export const KEY = `split_part(split_part(name, '"primaryKey":', 2), '},"table":', 1) || '}'`;
const DOUBTFUL = `case when strpos(body, '"doubtful":[') > 0 then '[' || split_part(split_part(body, '"doubtful":[', 2), '],"file":', 1) || ']' end`;

/** A text that nobody writes: a letter between noncharacters. */
const mark = (letter: string): string => `chr(65535) || '${letter}' || chr(65535)`;
/** Text that Postgres cannot hold (NUL, half of a surrogate pair) is an escape in JSON, which it refuses to look into: marks stand for backslashes meanwhile. */
const hidden = (json: string): string => String.raw`replace(replace(${json}, '\\', ${mark('b')}), '\u', ${mark('u')})`;
const shown = (json: string): string => String.raw`replace(replace(${json}, ${mark('u')}, '\u'), ${mark('b')}, '\\')`;

function textOf(
  table: FoldedTable,
  sequence: number,
  { versions, segments, last_version, behind, state_id }: Folding,
): string {
  const [source, database, name] = [table.source, table.database, table.table].map(literal);
  const carried = (image: string): string =>
    `case when place < ${last_version} then audit.carried((${hidden(image)})::json, place, ${literal(versions)}::json) end`;
  const events = `events as (select sequence, ordinal, operation, event_id, body::text as body, place, audit.row_hash(body) as hash,
      audit.row_name(body) collate "C" as name
    from audit.changes_of(${source}, ${database}, ${name}, ${behind}, ${sequence}, ${state_id}))`;
  if (table.key.length === 0)
    return `with ${events}
      select '{}' as key, coalesce(${shown('(a).row_now::text')}, row_after) as row, coalesce(${shown('(b).row_now::text')}, row_before) as row_before,
        sequence, event_id, doubtful, nullif(coalesce((a).doubts, '{}') || coalesce((b).doubts, '{}'), '{}') as doubts
      from (select *, case when row_after is not null then ${carried('row_after')} end as a, case when row_before is not null then ${carried('row_before')} end as b
        from (select *, ${AFTER} as row_after, ${BEFORE} as row_before, ${DOUBTFUL} as doubtful from events where operation <> 'TRUNCATE' offset 0) images offset 0) carried`;
  const newest = `newest as (select distinct on (hash, name) * from events where operation <> 'TRUNCATE' order by hash, name, place desc, ordinal desc)`;
  const keyNow = `(select '{' || string_agg(to_json(k)::text || ':' || ((c).row_now -> k)::text, ',' order by k collate "C") || '}'
    from unnest(array[${table.key.map(literal).join(', ')}]) k)`;
  // A row under an earlier name or key of its table is the same row as under the last one: only there the newest change of both is known.
  const isMoved = segments > 1;
  return `with ${events}, ${newest},
    carried as (select *, ${carried(`case operation when 'DELETE' then ${BEFORE} else ${AFTER} end`)} as c
      from newest ${isMoved ? '' : "where operation <> 'DELETE'"} offset 0),
    named as (select sequence, ordinal, place, operation, event_id, body, (c).doubts, (c).row_now, case when (c).row_now is null then ${KEY} else ${shown(keyNow)} end as key from carried offset 0),
    latest as (select ${isMoved ? 'distinct on (key)' : ''} * from named ${isMoved ? 'order by key, place desc, ordinal desc' : ''})
    select key, coalesce(${shown('row_now::text')}, ${AFTER}) as row, null as row_before, sequence, event_id, ${DOUBTFUL} as doubtful, nullif(doubts, '{}') as doubts
      from latest where operation <> 'DELETE'`;
}
