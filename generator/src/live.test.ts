import { expect, test } from '@jest/globals';
import { history } from './business.ts';
import { makeLive, nightMoment } from './live.ts';
import { makeRandom } from './random.ts';
import { makeLedger } from './testing/ledger.ts';
import { optionsOf } from './testing/small.ts';
import { makeZone, SECOND_US } from './time.ts';
import { salesOf, type Transaction } from './transaction.ts';
import type { World } from './world.ts';

const lima = makeZone('America/Lima');
const noon = Date.parse('2026-01-15T18:00:00Z') * 1000;

function founded(troubles: 'default' | 'all' = 'default') {
  const ledger = makeLedger();
  const options = optionsOf(noon, { seed: '7', days: 1, salesPerDay: 200 });
  const { scenario } = options;
  const anomalies = Object.fromEntries(
    Object.entries(scenario.anomalies).map(([kind, dials]) => [kind, { ...dials, perWeek: 1 }]),
  ) as typeof scenario.anomalies;
  const run = history(troubles === 'all' ? { ...options, scenario: { ...scenario, anomalies } } : options);
  let step = run.next();
  for (; !step.done; step = run.next()) ledger.apply(step.value);
  return { world: step.value, ledger };
}

function play(world: World, count: number, troubleEvery: number, from_us = noon): Transaction[] {
  const live = makeLive(world, { seed: '7', troubleEvery, run: 'r' });
  return Array.from({ length: count }, (_, index) => live(from_us + index * SECOND_US));
}

const kinds = (transactions: readonly Transaction[]) =>
  new Set(transactions.flatMap(({ trouble }) => (trouble?.isLast ? [trouble.kind] : [])));

test('the first 200 transactions hold a trouble of each kind, and no time of their own', () => {
  for (const troubleEvery of [20, 200, 5000]) {
    const transactions = play(founded().world, 200, troubleEvery);
    expect(kinds(transactions)).toEqual(new Set(['after_hours_theft', 'large_loss', 'self_promotion']));
    expect(transactions.every(({ at }) => at === undefined)).toBe(true);
  }
  expect(kinds(play(founded().world, 200, 0)).size).toBe(0);
});

test('what the scenario makes, the live stream makes too', () => {
  const four = ['discount_abuse', 'ghost_receipt', 'role_grant', 'zero_stock'];
  for (const troubleEvery of [20, 200, 5000]) {
    const transactions = play(founded('all').world, 200, troubleEvery);
    expect([...kinds(transactions)].sort()).toEqual(
      [...four, 'after_hours_theft', 'large_loss', 'self_promotion'].sort(),
    );
  }
});

test('it goes on from any history: mostly sales, no id twice, no stock below zero, for long', () => {
  const { world, ledger } = founded();
  const transactions = play(world, 10_000, 500);
  for (const transaction of transactions) ledger.apply(transaction);
  expect(transactions.filter(salesOf).length).toBeGreaterThan(8500);
});

test('the same world and seed at the same instants give the same transactions', () => {
  expect(play(founded().world, 300, 100)).toEqual(play(founded().world, 300, 100));
});

test('out of hours nothing is corrected by hand but by thieves', () => {
  const night = Date.parse('2026-01-15T09:00:00Z') * 1000;
  for (const { statements, trouble } of play(founded().world, 2000, 500, night)) {
    const isAdjustment = statements.some((each) => each.table === 'inventory_adjustments');
    expect(isAdjustment).toBe(trouble?.kind === 'after_hours_theft' || trouble?.kind === 'large_loss');
  }
});

test('a thief of the day writes down a moment of last night', () => {
  const random = makeRandom('night');
  for (let draw = 0; draw < 50; draw += 1) {
    const text = lima.dateTime(nightMoment(lima, random, noon));
    expect(text).toMatch(/^2026-01-1(4 23|5 0[012]):/);
  }
  const night = Date.parse('2026-01-15T04:30:00Z') * 1000;
  expect(nightMoment(lima, random, night)).toBe(night);
});
