import { makeRandom, type Random } from '../kit/random.ts';
import { ACCOUNTS, asideOf, cents, PAYLOAD_BYTES, skuOf, warehouseOf } from './schema.ts';
import { wideRow } from './wide.ts';

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What one transaction does, decided before it begins: a replay of the seed decides the same. */
export interface Plan {
  readonly kind: 'everyday' | 'large' | 'rolled back' | 'aside';
  readonly statements: readonly Statement[];
  /** Row changes in captured tables, the row of `oracle_tx` included. */
  readonly rows: number;
}

export interface PlannerOptions {
  readonly seed: number;
  readonly worker: number;
  /** The captured database. */
  readonly database: string;
  readonly largeRows: number;
}

/** Decides one worker's transactions, one after the other. `committed` says that the last plan holds from now on. */
export interface Planner {
  readonly next: (isLarge: boolean) => Plan;
  readonly committed: () => void;
  /** Transactions in `oracle_tx` so far. */
  readonly seq: () => number;
}

/** A row that the worker owns, and what hangs on it. */
interface Order {
  readonly id: number;
  readonly lines: number;
}

/** What the worker's part of the source holds; each plan works on a copy. */
interface Holdings {
  readonly orders: Order[];
  readonly wides: number[];
  /** Ids of `bulk`, as ranges from..to. */
  readonly bulks: (readonly [number, number])[];
  nextId: number;
  seq: number;
}

/** Ids of different workers never meet. */
const ID_RANGE = 1_000_000_000;
/** The counter of marks goes on over all plans, also those that were rolled back. */
const MARK_RANGE = 1_000_000_000;

export function makePlanner(options: PlannerOptions): Planner {
  const { seed, worker } = options;
  const random = makeRandom('oracle', seed, worker);
  let held: Holdings = { orders: [], wides: [], bulks: [], nextId: worker * ID_RANGE + 1, seq: 0 };
  let planned = held;
  let mark = (worker + 1) * MARK_RANGE;
  const nextMark = (): number => ++mark;
  return {
    next(isLarge) {
      planned = { ...held, orders: [...held.orders], wides: [...held.wides], bulks: [...held.bulks] };
      if (isLarge)
        return finish(new Draft(worker, nextMark), 'large', planned, (draft) => large(draft, planned, random, options));
      if (random.chance(0.03)) return aside(random, options.database);
      const kind = random.chance(0.05) ? 'rolled back' : 'everyday';
      return finish(new Draft(worker, nextMark), kind, planned, (draft) => everyday(draft, planned, random));
    },
    committed() {
      held = planned;
    },
    seq: () => held.seq,
  };
}

/** Collects statements and counts the rows and marks that they write. */
class Draft {
  readonly statements: Statement[] = [];
  readonly worker: number;
  readonly #nextMark: () => number;
  rows = 0;
  marks = 0n;

  constructor(worker: number, nextMark: () => number) {
    this.worker = worker;
    this.#nextMark = nextMark;
  }

  /** A statement that writes `rows` rows with one mark, which is its last value or stands where `place` says. */
  write(sql: string, values: (mark: number) => readonly unknown[], rows = 1): void {
    const mark = this.#nextMark();
    this.statements.push({ sql, values: values(mark) });
    this.rows += rows;
    this.marks += BigInt(mark) * BigInt(rows);
  }

  remove(sql: string, values: readonly unknown[], rows: number): void {
    this.statements.push({ sql, values });
    this.rows += rows;
  }
}

function finish(draft: Draft, kind: Plan['kind'], planned: Holdings, fill: (draft: Draft) => void): Plan {
  fill(draft);
  planned.seq++;
  const rows = draft.rows + 1;
  const last = {
    sql: 'insert into oracle_tx values (?, ?, ?, ?)',
    values: [draft.worker, planned.seq, rows, String(draft.marks)],
  };
  return { kind, statements: [...draft.statements, last], rows };
}

/** 1 to 50 rows over 3 to 6 tables. */
function everyday(draft: Draft, held: Holdings, random: Random): void {
  transfer(draft, random);
  if (random.chance(0.6) || held.orders.length === 0) placeOrder(draft, held, random);
  else changeOrder(draft, held, random);
  if (random.chance(0.5)) changeStock(draft, random);
  if (random.chance(0.5)) changeWide(draft, held, random);
}

/** Moves money along a ring of accounts; those are taken in the order of their ids, so that two workers never wait for each other in a circle. */
function transfer(draft: Draft, random: Random): void {
  const accounts = new Set<number>();
  const wanted = random.whole(2, 6);
  while (accounts.size < wanted) accounts.add(random.whole(0, ACCOUNTS - 1));
  let sum = 0n;
  const ids = [...accounts].sort((a, b) => a - b);
  for (const [index, id] of ids.entries()) {
    const isLast = index === ids.length - 1;
    const amount = isLast ? -sum : BigInt(random.whole(-5000, 5000));
    sum += amount;
    const [sign, size] = amount < 0n ? ['-', -amount] : ['+', amount];
    draft.write(`update account set balance = balance ${sign} ?, mark = ? where id = ?`, (mark) => [
      cents(size),
      mark,
      id,
    ]);
  }
}

function placeOrder(draft: Draft, held: Holdings, random: Random): void {
  const id = held.nextId++;
  const lines = random.whole(1, random.chance(0.1) ? 35 : 5);
  draft.write('insert into orders values (?, ?, ?, ?, ?, ?, ?)', (mark) => [
    id,
    random.whole(0, ACCOUNTS - 1),
    'open',
    cents(BigInt(random.whole(1, 1_000_000))),
    `2026-0${random.whole(1, 9)}-1${random.whole(0, 9)} 12:34:56.${String(random.whole(0, 999_999)).padStart(6, '0')}`,
    random.chance(0.3) ? null : `note ${random.whole(1, 9999)} für «${random.pick(['Å', '漢字', '🦊', 'x'])}»`,
    mark,
  ]);
  for (let line = 1; line <= lines; line++) {
    draft.write('insert into order_line values (?, ?, ?, ?, ?, ?)', (mark) => [
      id,
      line,
      skuOf(random.whole(0, 999)),
      random.whole(1, 99),
      cents(BigInt(random.whole(1, 99_999))),
      mark,
    ]);
  }
  held.orders.push({ id, lines });
}

/** Changes the state of an order of one's own, or removes it with its lines. */
function changeOrder(draft: Draft, held: Holdings, random: Random): void {
  const at = random.whole(0, held.orders.length - 1);
  const order = held.orders[at];
  if (!order) return;
  if (random.chance(0.3)) {
    draft.remove('delete from order_line where order_id = ?', [order.id], order.lines);
    draft.remove('delete from orders where id = ?', [order.id], 1);
    held.orders.splice(at, 1);
    return;
  }
  draft.write('update orders set status = ?, mark = ? where id = ?', (mark) => [
    random.pick(['paid', 'sent', 'void']),
    mark,
    order.id,
  ]);
  draft.write(
    'update order_line set quantity = quantity + 1, mark = ? where order_id = ?',
    (mark) => [mark, order.id],
    order.lines,
  );
}

function changeStock(draft: Draft, random: Random): void {
  const sku = skuOf(random.whole(0, 999));
  draft.write('update stock set quantity = quantity - 1, mark = ? where warehouse = ? and sku = ?', (mark) => [
    mark,
    warehouseOf(draft.worker),
    sku,
  ]);
}

function changeWide(draft: Draft, held: Holdings, random: Random): void {
  const at = held.wides.length < 5 ? -1 : random.whole(-2, held.wides.length - 1);
  const id = held.wides[at];
  if (id === undefined) {
    const fresh = held.nextId++;
    held.wides.push(fresh);
    draft.write('insert into wide set ?', (mark) => [{ id: fresh, ...wideRow(random), mark }]);
  } else if (random.chance(0.2)) {
    held.wides.splice(at, 1);
    draft.remove('delete from wide where id = ?', [id], 1);
  } else draft.write('update wide set ? where id = ?', (mark) => [{ ...wideRow(random), mark }, id]);
}

/** Many rows by one statement: inserted, changed and removed in turns. */
function large(draft: Draft, held: Holdings, random: Random, { largeRows }: PlannerOptions): void {
  transfer(draft, random);
  const range = held.bulks[0];
  if (!range || held.bulks.length < 2) {
    const first = held.nextId;
    held.nextId += largeRows;
    held.bulks.push([first, held.nextId - 1]);
    const sql = `insert into bulk with recursive n (i) as (select ? union all select i + 1 from n where i < ?)
      select i, rpad(concat('row ', i, ' '), ?, sha2(i, 256)), ? from n`;
    draft.write(sql, (mark) => [first, held.nextId - 1, PAYLOAD_BYTES, mark], largeRows);
  } else if (random.chance(0.5)) {
    draft.write('update bulk set mark = ? where id between ? and ?', (mark) => [mark, ...range], largeRows);
  } else {
    held.bulks.shift();
    draft.remove('delete from bulk where id between ? and ?', [...range], largeRows);
  }
}

const aside = (random: Random, database: string): Plan => ({
  kind: 'aside',
  statements: [
    { sql: `insert into ${asideOf(database)}.scratch (word) values (?)`, values: [`word ${random.whole(1, 9999)}`] },
  ],
  rows: 0,
});
