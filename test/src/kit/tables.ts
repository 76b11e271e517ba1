import { createHash } from 'node:crypto';
import type { RowDataPacket } from 'mysql2';
import type mysql from 'mysql2/promise';

/**
 * The rows of one table, each as sorted JSON. With a primary key: key → row. Without one: the row's own text → how often it is there.
 */
export interface TableRows {
  readonly hasKey: boolean;
  readonly rows: ReadonlyMap<string, string | number>;
}

/** Number of rows and SHA-256 over them, sorted: rows hold their keys. */
export interface TableDigest {
  readonly rows: number;
  readonly sha256: string;
}

/** Two tables with the same rows have the same digest, whichever of their columns were taken for a key. */
export function digestOf({ rows }: Pick<TableRows, 'rows'>): TableDigest {
  const texts: string[] = [];
  for (const [key, row] of rows) {
    if (typeof row === 'string') texts.push(row);
    else for (let times = 0; times < row; times++) texts.push(key);
  }
  const hash = createHash('sha256');
  for (const text of texts.sort()) hash.update(`${text}\n`);
  return { rows: texts.length, sha256: hash.digest('hex') };
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
}

/** Every table of the database as MySQL has it now, its values written by MySQL and by the rules of docs/reference/values.md. */
export async function readSource(source: mysql.Connection, database: string): Promise<ReadonlyMap<string, TableRows>> {
  const [described] = await source.query<RowDataPacket[]>(
    `select table_name as t, column_name as name, data_type as type, column_key = 'PRI' as k from information_schema.columns
      join information_schema.tables using (table_schema, table_name) where table_schema = ? and table_type = 'BASE TABLE'`,
    [database],
  );
  const tables = new Map<string, TableRows>();
  for (const [table, found] of Map.groupBy(described, ({ t }) => String(t))) {
    const columns = found.map(({ name, type, k }): Column => ({ name, type: String(type), isKey: Number(k) === 1 }));
    tables.set(table, await readTable(source, database, table, columns));
  }
  return tables;
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

async function readTable(
  source: mysql.Connection,
  database: string,
  table: string,
  columns: readonly Column[],
): Promise<TableRows> {
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = sorted.map(({ name, type }) => (EXPRESSIONS[type] ?? asText)(quoted(name))).join(', ');
  const sql = `select ${list} from ${quoted(database)}.${quoted(table)}`;
  const [found] = await source.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  const hasKey = sorted.some(({ isKey }) => isKey);
  const rows = new Map<string, string | number>();
  for (const values of found) {
    const members = sorted.map(({ name, type }, at) => [name, valueText(values[at], type)] as const);
    const text = objectText(members);
    if (hasKey) rows.set(objectText(members.filter((_, at) => sorted[at]?.isKey)), text);
    else rows.set(text, Number(rows.get(text) ?? 0) + 1);
  }
  return { hasKey, rows };
}

/** JSON with the members in the order in which they come, also where a name looks like a number. */
const objectText = (members: readonly (readonly [string, string | null])[]): string =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;

const asText = (column: string): string => `cast(${column} as char character set utf8mb4)`;
const asBase64 = (column: string): string => `replace(to_base64(${column}), '\\n', '')`;

/** Its own bytes after the SRID are the well-known binary, whatever order of axes the SRID would ask for. */
const geometryText = (column: string): string =>
  `concat('SRID=', st_srid(${column}), ';', ${asBase64(`unhex(substring(hex(${column}), 9))`)})`;

/** How MySQL itself is asked for a column's text, where a plain cast is not it. */
const EXPRESSIONS: Readonly<Record<string, (column: string) => string>> = {
  bit: (column) => asText(`(${column} + 0)`),
  float: (column) => asText(`cast(${column} as double)`),
  binary: asBase64,
  varbinary: asBase64,
  tinyblob: asBase64,
  blob: asBase64,
  mediumblob: asBase64,
  longblob: asBase64,
  year: (column) => asText(`(${column} + 0)`),
  vector: (column) => `hex(${column})`,
  geometry: geometryText,
  point: geometryText,
  geomcollection: geometryText,
};

function valueText(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  const text = String(value);
  if (type === 'timestamp') return `${text.replace(' ', 'T')}Z`;
  if (type === 'json')
    return text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''));
  if (type === 'double') return numberText(Number(text));
  if (type === 'vector') return vectorText(Buffer.from(text, 'hex'));
  if (type === 'float') return shortestFloat(Number(text));
  return text;
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Four bytes a number, little-endian. */
const vectorText = (bytes: Buffer): string =>
  `[${Array.from({ length: bytes.length / 4 }, (_, at) => shortestFloat(bytes.readFloatLE(4 * at))).join(',')}]`;

/** The shortest digits that are the same number in single precision. */
function shortestFloat(value: number): string {
  if (value === 0) return numberText(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(value);
}
