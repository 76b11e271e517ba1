import type { Act } from './act.ts';
import { type Column, NOW } from './column.ts';
import { TABLES, type Table } from './schema.ts';
import { isoInstant, SECOND_US } from './time.ts';
import type { Change, Insert, Statement, Transaction, TroubleMark, Update, Value } from './transaction.ts';

/** A row as MySQL holds it: every column, each value as text; a TIMESTAMP in ISO 8601, UTC. */
export type Row = Readonly<Record<string, string | null>>;

export type RowChange = {
  readonly table: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly before: Row | null;
  readonly after: Row | null;
};

/** A transaction as the binary log tells it: its row changes, in their order. An update that changes nothing is none. */
export type Recorded = {
  /** The commit time, `2026-01-15T18:45:10.123456Z`. */
  readonly at: string;
  readonly rows: readonly RowChange[];
  readonly act: Act;
  readonly trouble: TroubleMark | undefined;
};

type Recorder = {
  /** Takes transactions of a history in their order. */
  readonly record: (transaction: Transaction) => Recorded;
  /** The row of a key, of those that are still remembered. */
  readonly find: (table: string, key: readonly number[]) => Row | undefined;
};

/** Tables that only grow, and how many of their newest rows can still be changed. Others are remembered whole. */
const ROWS_REMEMBERED = new Map([
  ['sales', 10_000],
  ['sale_items', 80_000],
  ['inventory_adjustments', 1],
]);

/** What MySQL makes of a history's statements, without a server. Its memory is bounded but for the tables of the office. */
export function makeRecorder(): Recorder {
  const shelves = new Map(TABLES.map((table) => [table.name, makeShelf(table)]));
  const secondOf = makeSeconds();
  const shelfOf = (name: string): Shelf => shelves.get(name) ?? missing(`table ${name}`);
  return {
    record: ({ at, statements, act, trouble }) => {
      if (at === undefined) throw new Error('bug in the generator: a transaction without a time cannot be recorded');
      const at_us = Number(at);
      const now = secondOf(at_us);
      const rows: RowChange[] = [];
      for (const statement of statements) apply(shelfOf(statement.table), statement, now, rows);
      return { at: isoInstant(at_us), rows, act, trouble };
    },
    find: (table, key) => shelfOf(table).get(keyNumber(key)),
  };
}

/** Everything a history does, transaction by transaction, made while it is read. */
export function* recordAll(transactions: Iterable<Transaction>): Generator<Recorded> {
  const recorder = makeRecorder();
  for (const transaction of transactions) yield recorder.record(transaction);
}

/** The rows of a table by key, the oldest forgotten beyond its bound. */
type Shelf = {
  readonly table: Table;
  readonly get: (key: number) => Row | undefined;
  readonly set: (key: number, row: Row) => void;
  readonly delete: (key: number) => void;
};

/** Two generations: when the young is full, it is the old one, and what was old is forgotten. */
function makeShelf(table: Table): Shelf {
  const most = ROWS_REMEMBERED.get(table.name) ?? Number.POSITIVE_INFINITY;
  let young = new Map<number, Row>();
  let old = new Map<number, Row>();
  return {
    table,
    get: (key) => young.get(key) ?? old.get(key),
    set: (key, row) => {
      old.delete(key);
      young.set(key, row);
      if (young.size < most) return;
      old = young;
      young = new Map();
    },
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
  };
}

function apply(shelf: Shelf, statement: Statement, now: string, rows: RowChange[]): void {
  const table = shelf.table.name;
  if (statement.kind === 'insert') {
    for (const [key, after] of inserted(shelf.table, statement, now)) {
      shelf.set(key, after);
      rows.push({ table, operation: 'INSERT', before: null, after });
    }
    return;
  }
  const key = keyNumber(Object.values(statement.where));
  const before = shelf.get(key) ?? missing(`row ${JSON.stringify(statement.where)} in ${table}`);
  if (statement.kind === 'delete') {
    shelf.delete(key);
    rows.push({ table, operation: 'DELETE', before, after: null });
    return;
  }
  const after = updated(shelf.table, before, statement.set, now);
  if (after === undefined) return;
  shelf.set(key, after);
  rows.push({ table, operation: 'UPDATE', before, after });
}

function* inserted(table: Table, { columns, rows }: Insert, now: string): Generator<[number, Row]> {
  const places = table.columns.map(({ name }) => columns.indexOf(name));
  const key = table.key.map((name) => columns.indexOf(name));
  for (const values of rows) {
    const row: Record<string, string | null> = {};
    for (const [index, column] of table.columns.entries()) {
      const value = values[places[index] ?? -1];
      row[column.name] = value === undefined ? initialOf(column, now) : textOf(value);
    }
    generate(table, row);
    yield [keyNumber(key.map((place) => Number(values[place]))), row];
  }
}

function initialOf({ initial }: Column, now: string): string | null {
  return initial === NOW ? now : initial;
}

/** Undefined if nothing changes. */
function updated(table: Table, before: Row, set: Update['set'], now: string): Row | undefined {
  const after: Record<string, string | null> = { ...before };
  let isChanged = false;
  for (const column in set) {
    const value = changedValue(before[column] ?? null, set[column] ?? null);
    isChanged ||= value !== before[column];
    after[column] = value;
  }
  if (!isChanged) return undefined;
  for (const { name, isTouched } of table.columns) if (isTouched && set[name] === undefined) after[name] = now;
  generate(table, after);
  return after;
}

/** Fills the generated columns of a row. */
function generate(table: Table, row: Record<string, string | null>): void {
  for (const { name, product } of table.columns) {
    if (product === undefined) continue;
    const cents = Number(row[product[0]]) * Math.round(Number(row[product[1]]) * 100);
    row[name] = (cents / 100).toFixed(2);
  }
}

function changedValue(before: string | null, value: Value | Change): string | null {
  return typeof value === 'object' && value !== null ? String(Number(before) + value.add) : textOf(value);
}

function textOf(value: Value): string | null {
  return typeof value === 'number' ? String(value) : value;
}

/** One number for a key of one or two columns; the second, a product, stays below a million. */
function keyNumber(key: readonly number[]): number {
  return key.reduce((number, part) => number * 1_000_000 + part, 0);
}

/** Rising times ask for the same second again and again. */
function makeSeconds(): (at_us: number) => string {
  let newest = { second: -1, text: '' };
  return (at_us) => {
    const second = Math.floor(at_us / SECOND_US);
    if (newest.second !== second) newest = { second, text: `${isoInstant(second * SECOND_US).slice(0, 19)}Z` };
    return newest.text;
  };
}

function missing(what: string): never {
  throw new Error(`bug in the generator: there is no ${what} to record`);
}
