import { type Connection, type Row as HeldRow, select } from './database.ts';
import { Failure } from './failure.ts';
import type { Recorded, Row, RowChange } from './recording.ts';
import { type Table, tableNamed } from './schema.ts';

/** What only ever rises as a history is written, so that it finds its place again: rows of the shelves, newest ids. */
const MARKS = {
  roles: 'MAX(role_id)',
  branches: 'MAX(branch_id)',
  suppliers: 'MAX(supplier_id)',
  products: 'MAX(product_id)',
  users: 'MAX(user_id)',
  inventory: 'COUNT(*)',
  sales: 'MAX(sale_id)',
  inventory_adjustments: 'MAX(adjust_id)',
  purchase_orders: 'MAX(po_id)',
} as const;
type Marks = Record<keyof typeof MARKS, number>;

/**
 * How many transactions of a history a database holds, from its tables alone. Its marks leave a few places in question, between
 * one insert and the next; the rows that are changed there decide. Throws {@link Failure} if it holds anything else than the
 * beginning of this history, as far as these rows show.
 */
export async function findProgress(connection: Connection, recorded: Iterable<Recorded>): Promise<number> {
  await connection.query("SET time_zone='+00:00'");
  const held = await heldMarks(connection);
  if (Object.values(held).every((mark) => mark === 0)) return 0;
  const { count, inQuestion } = placesOf(recorded, held);
  const place = inQuestion.length === 0 ? undefined : await decide(connection, inQuestion);
  await connection.query('SET time_zone=DEFAULT');
  if (place === undefined) {
    throw new Failure(
      'the database holds something else than the beginning of this history: give the scenario, --seed, --days and --until that it was begun with, or start again from an empty database',
    );
  }
  return count + place;
}

/** A row of MySQL, read in UTC, as a recording writes it. */
export function asRecorded(table: Table, row: HeldRow): Row {
  return Object.fromEntries(
    table.columns.map(({ name, type }) => {
      const text = row[name] === null ? null : String(row[name]);
      return [name, type === 'TIMESTAMP' && text !== null ? `${text.replace(' ', 'T')}Z` : text];
    }),
  );
}

async function heldMarks(connection: Connection): Promise<Marks> {
  const columns = Object.entries(MARKS).map(
    ([table, mark]) => `(SELECT COALESCE(${mark}, 0) FROM ${table}) AS ${table}`,
  );
  const [row] = await select(connection, `SELECT ${columns.join(', ')}`);
  return Object.fromEntries(Object.keys(MARKS).map((table) => [table, Number(row?.[table])])) as Marks;
}

/** Those transactions after which the marks are the held ones, and how many come before the first of them. */
function placesOf(recorded: Iterable<Recorded>, held: Marks): { count: number; inQuestion: Recorded[] } {
  const marks = Object.fromEntries(Object.keys(MARKS).map((table) => [table, 0])) as Marks;
  const inQuestion: Recorded[] = [];
  let count = 0;
  for (const each of recorded) {
    for (const change of each.rows) if (change.operation === 'INSERT') raise(marks, change);
    const names = Object.keys(MARKS) as (keyof Marks)[];
    if (names.some((name) => marks[name] > held[name])) break;
    if (names.every((name) => marks[name] === held[name])) inQuestion.push(each);
    else count += 1;
  }
  return { count, inQuestion };
}

function raise(marks: Marks, { table, after }: RowChange): void {
  if (table === 'inventory') marks.inventory += 1;
  else if (table in MARKS && after !== null) marks[table as keyof Marks] = Number(Object.values(after)[0]);
}

/** After how many of these transactions their rows are as the database holds them; undefined if after none. */
async function decide(connection: Connection, inQuestion: readonly Recorded[]): Promise<number | undefined> {
  const held = new Map<string, string>();
  const now = new Map<string, string>();
  for (const change of inQuestion.flatMap(({ rows }) => rows)) {
    const name = nameOf(change);
    if (!held.has(name)) held.set(name, textOf(await heldRow(connection, change)));
    if (!now.has(name)) now.set(name, textOf(change.before));
  }
  for (const [place, { rows }] of inQuestion.entries()) {
    for (const change of rows) now.set(nameOf(change), textOf(change.after));
    if ([...held].every(([name, text]) => now.get(name) === text)) return place + 1;
  }
  return undefined;
}

async function heldRow(connection: Connection, { table: name, before, after }: RowChange): Promise<Row | null> {
  const table = tableNamed(name);
  const row = after ?? before ?? {};
  const where = table.key.map((column) => `${column} = ${Number(row[column])}`).join(' AND ');
  const [found] = await select(connection, `SELECT * FROM ${name} WHERE ${where}`);
  return found === undefined ? null : asRecorded(table, found);
}

function nameOf({ table, before, after }: RowChange): string {
  const row = after ?? before ?? {};
  return [table, ...tableNamed(table).key.map((column) => row[column])].join();
}

function textOf(row: Row | null): string {
  return JSON.stringify(row);
}
