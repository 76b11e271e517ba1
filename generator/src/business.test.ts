import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HistoryOptions, history, spanOf } from './business.ts';
import { makeLedger } from './testing/ledger.ts';
import { optionsOf } from './testing/small.ts';
import { DAY_US, HOUR_US, makeZone, SECOND_US } from './time.ts';
import { salesOf, type Transaction } from './transaction.ts';
import { cellOf } from './world.ts';

const noon = Date.parse('2026-01-15T18:00:00Z') * 1000;
const dials = { seed: '7', days: 3, salesPerDay: 400 };
const small = optionsOf(noon, dials);
const lima = makeZone('America/Lima');

const digest = (options: HistoryOptions): string => {
  const hash = createHash('sha256');
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  for (const transaction of history(options)) hash.update(JSON.stringify(transaction, plain));
  return hash.digest('hex');
};

const kindsOn = (transactions: readonly Transaction[], day: number): Set<string> =>
  new Set(transactions.flatMap(({ at, trouble }) => (trouble && lima.day(Number(at)) === day ? [trouble.kind] : [])));

test('the same options give the same transactions, another seed others', () => {
  expect(digest(small)).toBe(digest(small));
  expect(digest(optionsOf(noon, { ...dials, seed: '8' }))).not.toBe(digest(small));
});

test('a later end only adds: up to the last full day before both, sales do not change', () => {
  const salesUpTo = (until_us: number, days: number) =>
    [...history(optionsOf(until_us, { ...dials, days }))].filter(
      (each) => salesOf(each) === 1 && Number(each.at) < lima.startOf(lima.day(noon) - 1),
    ).length;
  expect(salesUpTo(noon, 3)).toBe(salesUpTo(noon + 3 * HOUR_US, 3));
});

test('for any end, time rises strictly, ends in time, and every sale adds up', () => {
  const options = fc.record({
    seed: fc.string({ maxLength: 5 }),
    days: fc.integer({ min: 1, max: 4 }),
    until_us: fc.integer({ min: 0, max: 3 * DAY_US }).map((offset) => noon + offset),
    salesPerDay: fc.constantFrom(20, 150),
  });
  fc.assert(
    fc.property(options, (each) => {
      const ledger = makeLedger();
      let last = 0n;
      for (const transaction of history(optionsOf(each.until_us, each))) {
        if (transaction.at === undefined || transaction.at <= last) throw new Error(`${transaction.at} after ${last}`);
        last = transaction.at;
        ledger.apply(transaction);
      }
      expect(Number(last)).toBeLessThanOrEqual(each.until_us);
      expectSalesToAddUp(ledger);
    }),
    { numRuns: 20 },
  );
});

function expectSalesToAddUp(ledger: ReturnType<typeof makeLedger>): void {
  const totals = new Map<number, { cents: number; lines: number }>();
  for (const item of ledger.rows('sale_items')) {
    const sum = totals.get(Number(item.sale_id)) ?? { cents: 0, lines: 0 };
    const cents = sum.cents + Math.round(Number(item.unit_price) * 100) * Number(item.quantity);
    totals.set(Number(item.sale_id), { cents, lines: sum.lines + 1 });
  }
  for (const sale of ledger.rows('sales')) {
    const sum = totals.get(Number(sale.sale_id));
    const isWhole = sum?.cents === Math.round(Number(sale.total_amount) * 100) && sum.lines >= 3 && sum.lines <= 8;
    if (!isWhole) throw new Error(`sale ${sale.sale_id} of ${sale.total_amount} has ${JSON.stringify(sum)}`);
  }
}

test('memory equals the tables, and every id that is named exists', () => {
  const ledger = makeLedger();
  const run = history(optionsOf(noon, { ...dials, days: 12 }));
  let step = run.next();
  for (; !step.done; step = run.next()) ledger.apply(step.value);
  const world = step.value;
  const remembered: unknown[] = [];
  const held: unknown[] = [];
  for (const [branch, { id }] of world.branches.entries()) {
    for (const [product, { id: product_id, price_cents }] of world.products.entries()) {
      remembered.push([world.stock[cellOf(world, branch, product)], price_cents / 100]);
      const shelf = ledger.find('inventory', id, product_id)?.quantity_on_hand;
      held.push([shelf, Number(ledger.find('products', product_id)?.unit_price)]);
    }
  }
  expect(held).toEqual(remembered);
  for (const user of world.users) {
    expect(ledger.find('users', user.id)).toMatchObject({ role_id: user.role_id, is_active: user.is_active ? 1 : 0 });
  }
  for (const sale of ledger.rows('sales')) expect(ledger.find('users', Number(sale.cashier_user_id))).toBeDefined();
  const pending = ledger.rows('purchase_orders').filter((order) => order.status === 'PENDING');
  expect(pending.map((order) => order.po_id)).toEqual(world.pending.map((order) => order.id));
  expect(ledger.rows('purchase_orders').filter((order) => order.status === 'RECEIVED').length).toBeGreaterThan(50);
});

test('the shape of a day: opening hours, two peaks, about the wanted sales', () => {
  const sales = [...history(optionsOf(noon, { ...dials, days: 14, salesPerDay: 1000 }))].filter(
    (each) => salesOf(each) === 1,
  );
  const full = sales.filter((each) => Number(each.at) < lima.startOf(lima.day(noon)));
  expect(full.length / 14).toBeGreaterThan(850);
  expect(full.length / 14).toBeLessThan(1150);
  const byHour = new Map<number, number>();
  for (const { at } of full) {
    const hour = Number(lima.dateTime(Number(at)).slice(11, 13));
    byHour.set(hour, (byHour.get(hour) ?? 0) + 1);
  }
  expect(Math.min(...byHour.keys())).toBe(8);
  expect(Math.max(...byHour.keys())).toBe(20);
  for (const peak of [11, 18]) expect(byHour.get(peak)).toBeGreaterThan(1.3 * (byHour.get(14) ?? 0));
});

test('the last full day holds a trouble of each kind, at any scale', () => {
  for (const salesPerDay of [20, 400, 3000]) {
    for (const seed of ['1', '2', '3', '4']) {
      const transactions = [...history(optionsOf(noon, { ...dials, seed, salesPerDay }))];
      const yesterday = lima.day(noon) - 1;
      expect(kindsOn(transactions, yesterday)).toEqual(new Set(['after_hours_theft', 'large_loss', 'self_promotion']));
    }
  }
});

test('today is never empty, even right after midnight, and holds every kind once half an hour old', () => {
  const midnight = lima.startOf(lima.day(noon));
  for (const [elapsed_us, kinds] of [
    [40 * SECOND_US, ['after_hours_theft']],
    [HOUR_US / 4, ['after_hours_theft']],
    [HOUR_US, ['after_hours_theft', 'large_loss', 'self_promotion']],
    [6 * HOUR_US, ['after_hours_theft', 'large_loss', 'self_promotion']],
    [23 * HOUR_US, ['after_hours_theft', 'large_loss', 'self_promotion']],
  ] as const) {
    for (const seed of ['1', '2', '3']) {
      const transactions = [...history(optionsOf(midnight + elapsed_us, { ...dials, seed, salesPerDay: 60 }))];
      const found = kindsOn(transactions, lima.day(noon));
      for (const kind of kinds) expect(found).toContain(kind);
    }
  }
});

test('earlier weeks have a trouble day each', () => {
  const { firstDay } = spanOf(optionsOf(noon, { ...dials, days: 30 }));
  const days = new Set<number>();
  for (const { at, trouble } of history(optionsOf(noon, { ...dials, days: 30, salesPerDay: 20 }))) {
    if (trouble?.kind === 'large_loss') days.add(lima.day(Number(at)) - firstDay);
  }
  expect(days.size).toBe(6);
});

test('troubles are what they claim', () => {
  for (const { at, trouble, statements } of history(optionsOf(noon, { ...dials, days: 16, salesPerDay: 20 }))) {
    const [first] = statements;
    const keys = trouble?.keys ?? {};
    if (trouble?.kind === 'large_loss') {
      expect(trouble.weight).toBeGreaterThanOrEqual(150);
      expect(trouble.weight).toBeGreaterThanOrEqual(0.8 * Number(keys.old_qty));
    } else if (trouble?.kind === 'after_hours_theft') {
      const hour = Number(lima.dateTime(Number(at)).slice(11, 13));
      expect(hour >= 23 || hour < 3).toBe(true);
    } else if (trouble?.kind === 'self_promotion') {
      expect(keys.user_id).toBe(keys.updated_by);
      expect(first).toMatchObject({ table: 'users', set: { role_id: 1, updated_by: keys.user_id } });
    }
  }
});

test('no ordinary change of a role is made by the user themselves', () => {
  let changes = 0;
  for (const { trouble, statements } of history(optionsOf(noon, { ...dials, days: 60, salesPerDay: 20 }))) {
    for (const each of statements) {
      if (trouble !== undefined || each.kind !== 'update' || each.table !== 'users') continue;
      changes += 1;
      expect([1, 2]).toContain(each.set.updated_by);
      expect(each.set.updated_by).not.toBe(each.where.user_id);
    }
  }
  expect(changes).toBeGreaterThan(10);
});
