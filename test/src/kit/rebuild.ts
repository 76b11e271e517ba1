import type { RowDataPacket } from 'mysql2';
import { foldTables } from './fold.ts';
import type { World } from './world.ts';

type Rows = ReadonlyMap<string, string>;

/** Every table of the source as the log alone says it is: its changes folded in order, with what DDL did. Table → key → row, both as sorted JSON. */
export async function rebuildTables(world: World): Promise<ReadonlyMap<string, Rows>> {
  const tables = await foldTables(world);
  return new Map(
    [...tables].map(([table, { rows }]) => [table, new Map([...rows].map(([key, row]) => [key, String(row)]))]),
  );
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
