import type { RowDataPacket } from 'mysql2';
import type { World } from './world.ts';

type Rows = ReadonlyMap<string, string>;

interface Change {
  readonly operation: string;
  readonly table_name: string;
  readonly primary_key: string;
  readonly row_after: string | null;
}

/** Every table of the source as the log alone says it is: its changes folded in order. Table → key → row, both as sorted JSON. */
export async function rebuildTables({ record, name }: World): Promise<ReadonlyMap<string, Rows>> {
  const tables = new Map<string, Map<string, string>>();
  const changes = await record.query<Change>(
    `select operation, table_name, (body #> '{source,primaryKey}')::text as primary_key, (body -> 'after')::text as row_after
      from audit.change_events where source = $1 order by sequence, ordinal`,
    [name],
  );
  for (const { operation, table_name, primary_key, row_after } of changes) {
    const table = tables.get(table_name) ?? new Map<string, string>();
    tables.set(table_name, table);
    if (operation === 'TRUNCATE') table.clear();
    else if (operation === 'DELETE') table.delete(primary_key);
    else if (row_after !== null) table.set(primary_key, row_after);
  }
  return tables;
}

/** Every table of the source as MySQL has it now, its values written by MySQL and by the rules of docs/reference/values.md. */
export async function readTables({ source, name }: World): Promise<ReadonlyMap<string, Rows>> {
  const [columns] = await source.query<RowDataPacket[]>(
    `select table_name as t, column_name as c, data_type as type, column_key as k from information_schema.columns
      where table_schema = ? order by table_name, column_name`,
    [name],
  );
  const tables = new Map<string, Rows>();
  for (const [table, described] of Map.groupBy(columns, (column) => String(column.t))) {
    const [rows] = await source.query<RowDataPacket[]>(`select * from \`${table}\``);
    const read = new Map<string, string>();
    for (const row of rows) {
      const values = Object.fromEntries(described.map(({ c, type }) => [c, valueText(row[c], type)]));
      const key = Object.fromEntries(described.filter(({ k }) => k === 'PRI').map(({ c }) => [c, values[c]]));
      read.set(JSON.stringify(key), JSON.stringify(values));
    }
    tables.set(table, read);
  }
  return tables;
}

function valueText(value: unknown, type: string): string | null {
  if (value === null) return null;
  return type === 'timestamp' ? `${String(value).replace(' ', 'T')}Z` : String(value);
}
