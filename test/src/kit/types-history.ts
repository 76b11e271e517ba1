import { expect } from '@jest/globals';
import type { Database } from '@overlay/storage';
import type { RowDataPacket } from 'mysql2';
import mysql from 'mysql2/promise';
import { changesOf } from './log.ts';
import { makeRandom, type Random } from './random.ts';
import { ALIASES, COLUMNS, createTable, filled, RENUMBER, type TypeColumn } from './types.ts';
import { quoteName } from './types-kinds.ts';
import { waitFor } from './wait.ts';

const BATCH_ROWS = 100;
const MARK_MS_MAX = 300_000;
/** So that changes of changed rows come too, and rows of each kind are removed. */
const CHANGED_EVERY = 10;
const REMOVED_EVERY = 23;

/** A row as the log has it. */
export type Image = Readonly<Record<string, string | null>>;

/** A connection that writes every value as it is told to. */
export async function connectSource(url: string): Promise<mysql.Connection> {
  const source = await mysql.createConnection(url);
  await source.query("set time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES', names utf8mb4");
  return source;
}

/** Makes the database with the table `original`, and rows in it that a snapshot is to find. */
export async function makeTypesSource(
  url: string,
  database: string,
  seed: number,
  snapshotRows: number,
): Promise<void> {
  const source = await connectSource(url);
  await source.query(`drop database if exists ${database}`);
  await source.query(`create database ${database}`);
  await source.query(`use ${database}`);
  await source.query(createTable('original', COLUMNS));
  await source.query('create table marks (id int primary key)');
  await insertRows(source, seed, { ...ORIGINAL, first: 1, last: snapshotRows, isSnapshot: true });
  await source.end();
}

/** A value of a column, or null for one in twelve. */
const literal = (value: (random: Random) => string, random: Random): string =>
  random.chance(1 / 12) ? 'null' : value(random);

/** A table and its columns. */
export interface Typed {
  readonly table: string;
  readonly columns: readonly TypeColumn[];
}
export const ORIGINAL: Typed = { table: 'original', columns: COLUMNS };
export const ALIASED: Typed = { table: 'aliased', columns: ALIASES };

interface Rows extends Typed {
  readonly first: number;
  readonly last: number;
  readonly isSnapshot?: boolean;
}

async function insertRows(
  source: mysql.Connection,
  seed: number,
  { table, columns, first, last, isSnapshot = false }: Rows,
): Promise<void> {
  const filledColumns = filled(columns);
  const names = ['id', ...filledColumns.map(({ name }) => name)].map(quoteName).join(', ');
  const rowOf = (id: number): string => {
    const random = makeRandom(seed, 'row', id);
    const values = filledColumns.map(({ value, snapshotValue }) => (isSnapshot && snapshotValue) || value);
    return `(${[id, ...values.map((value) => literal(value, random))].join(', ')})`;
  };
  for (let from = first; from <= last; from += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, last - from + 1);
    const rows = Array.from({ length: count }, (_, at) => rowOf(from + at));
    await source.query(`insert into ${table} (${names}) values ${rows.join(', ')}`);
  }
}

/** Changes some columns of every tenth row, and removes some rows. */
async function changeRows(source: mysql.Connection, seed: number, last: number): Promise<void> {
  await source.beginTransaction();
  for (let id = 1; id <= last; id += CHANGED_EVERY) {
    const random = makeRandom(seed, 'change', last, id);
    const sets = filled(COLUMNS)
      .filter(() => random.chance(0.3))
      .map(({ name, value }) => `${quoteName(name)} = ${literal(value, random)}`);
    await source.query(
      `update original set ${[...sets, `${quoteName('normal')} = ${last}`].join(', ')} where id = ${id}`,
    );
  }
  await source.query(`delete from original where id % ${REMOVED_EVERY} = 0`);
  await source.commit();
}

/** Inserts rows up to this id, changes and removes some; with a DDL in the middle that gives every word of ENUM and SET another number. */
export async function writeHistory(source: mysql.Connection, seed: number, first: number, last: number): Promise<void> {
  const middle = Math.floor((first + last) / 2);
  await insertRows(source, seed, { ...ORIGINAL, first, last: middle });
  await changeRows(source, seed, middle);
  await source.query(`alter table original ${RENUMBER}`);
  await insertRows(source, seed, { ...ORIGINAL, first: middle + 1, last });
  await changeRows(source, seed, last);
}

/** Makes a table whose columns have other names of types, with rows in it. */
export async function writeAliases(source: mysql.Connection, seed: number, last: number): Promise<void> {
  await source.query(createTable(ALIASED.table, ALIASES));
  await insertRows(source, seed, { ...ALIASED, first: 1, last });
}

/** Writes a mark and waits until it is in the log: so is everything before it. */
export async function untilMarked(
  source: mysql.Connection,
  record: Database,
  name: string,
  mark: number,
): Promise<void> {
  await source.query('insert into marks values (?)', [mark]);
  await waitFor(
    `mark ${mark} in the log`,
    async () => {
      const rows = await record.query(
        "select 1 from audit.change_events where source = $1 and table_name = 'marks' and body -> 'after' ->> 'id' = $2",
        [name, String(mark)],
      );
      return rows.length > 0 ? true : undefined;
    },
    MARK_MS_MAX,
  );
}

/** Nothing of the source was refused. */
export async function expectNoneRefused(record: Database): Promise<void> {
  expect(await record.query('select distinct code, detail from audit.dead_letters limit 20')).toEqual([]);
}

/** The rows of a table by their id as the log alone says they are. Each image before a change must be the one after the last. */
export async function rowsOfLog(
  record: Database,
  name: string,
  typed: Typed = ORIGINAL,
): Promise<ReadonlyMap<string, Image>> {
  const rows = new Map<string, Image>();
  const differences: string[] = [];
  for await (const { table, operation, body } of changesOf(record, name)) {
    if (table !== typed.table) continue;
    const { before, after, metadata, source } = JSON.parse(body);
    const id = source.primaryKey.id;
    const known = rows.get(id) ?? {};
    for (const column of before ? typed.columns : []) {
      const [then, now] = [normal(column, known), normal(column, before)];
      if (then !== now) differences.push(`row ${id}: ${column.name}: ${then}, then ${now}`);
    }
    expect(metadata.inferred).toBeUndefined();
    expect(metadata.doubtful ?? []).toEqual(doubted(typed, [before, after], operation === 'READ'));
    if (after) rows.set(id, after);
    else rows.delete(id);
  }
  expectNone(differences);
  return rows;
}

function normal({ name, kind }: TypeColumn, row: Image): string | null | undefined {
  const text = own(row, name);
  return typeof text === 'string' && kind.normal ? kind.normal(text) : text;
}

/** The names of the columns whose value may stand for another one, in either image. */
const doubted = ({ columns }: Typed, images: readonly (Image | null)[], isSnapshot: boolean): readonly string[] =>
  columns
    .filter(({ name, isDoubted }) =>
      images.some((image) => image?.[name] != null && isDoubted?.(image[name], isSnapshot)),
    )
    .map(({ name }) => name)
    .sort();

const expectNone = (differences: readonly string[]): void =>
  expect({ count: differences.length, first: differences.slice(0, 20) }).toEqual({ count: 0, first: [] });

/** The rows of a table by their id, each column as MySQL is asked for it; in the binary protocol, which has floats as they are. */
async function rowsOfMysql(
  source: mysql.Connection,
  { table, columns }: Typed,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const list = columns.map(({ name, kind }) => kind.ask?.(quoteName(name)) ?? quoteName(name)).join(', ');
  const [found] = await source.execute<RowDataPacket[][]>({ sql: `select ${list} from ${table}`, rowsAsArray: true });
  return new Map(found.map((row) => [String(row[0]), row]));
}

function difference(column: TypeColumn, text: string | null | undefined, answer: unknown): string | undefined {
  if (text === undefined) return `${column.name} is missing`;
  if (text === null || answer === null) return text === answer ? undefined : `${column.name}: ${text}, not ${answer}`;
  return column.kind.isSame(text, answer) ? undefined : `${column.name}: ${text}, not ${answer}`;
}

const own = (row: Image, name: string): string | null | undefined => (Object.hasOwn(row, name) ? row[name] : undefined);

/** Every value of the log's rows is what MySQL itself says of the table, and there are no others. */
export async function expectSameRows(
  rows: ReadonlyMap<string, Image>,
  source: mysql.Connection,
  typed: Typed = ORIGINAL,
): Promise<void> {
  const answers = await rowsOfMysql(source, typed);
  const differences: string[] = [];
  for (const [id, answer] of answers) {
    const row = rows.get(id) ?? {};
    const found = typed.columns.map((column, at) => difference(column, own(row, column.name), answer[at]));
    differences.push(...found.filter((each) => each !== undefined).map((each) => `row ${id}: ${each}`));
  }
  expectNone(differences);
  expect([...rows.keys()].sort()).toEqual([...answers.keys()].sort());
}

/** Writes the log's values into another table of the same definition, out of the connector's sight. */
export async function writeBack(
  rows: ReadonlyMap<string, Image>,
  source: mysql.Connection,
  table: string,
): Promise<void> {
  await source.query('set sql_log_bin = 0');
  await source.query(`create table ${table} like original`);
  const columns = COLUMNS.filter(({ ddl }) => !ddl.includes('generated'));
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const sqlOf = (row: Image): string =>
    columns.map(({ name, kind }) => (row[name] == null ? 'null' : kind.write(row[name]))).join(', ');
  const written = [...rows.values()].map((row) => `(${sqlOf(row)})`);
  for (let from = 0; from < written.length; from += BATCH_ROWS)
    await source.query(`insert into ${table} (${names}) values ${written.slice(from, from + BATCH_ROWS).join(', ')}`);
}
