import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { history } from './business.ts';
import { recordAll } from './recording.ts';
import { readScenario } from './scenario-file.ts';
import { makeZone } from './time.ts';
import { makeTruthCollector, type Truth, waveTruths } from './truth.ts';

/** 60 days over two ends of months and a holiday, with everything that the generator knows. */
const eventful = readScenario(join(import.meta.dirname, '..', 'scenarios', 'eventful.yaml'), {
  ...{ seed: '5', days: 60, salesPerDay: 300 },
});
const options = { scenario: eventful, until_us: Date.UTC(2026, 0, 15, 18) * 1000 };

function play() {
  const truths: Truth[] = [];
  const collector = makeTruthCollector();
  const acts = new Map<string, number>();
  const run = history(options);
  let step = run.next();
  for (; !step.done; step = run.next()) {
    const { act, trouble, at } = step.value;
    acts.set(act.act, (acts.get(act.act) ?? 0) + 1);
    const truth = trouble && collector.add(trouble, Number(at));
    if (truth) truths.push(truth);
  }
  truths.push(...collector.unfinished(), ...waveTruths(step.value.waves, options.until_us));
  return { truths, acts, world: step.value };
}

const { truths, acts, world } = play();
const ofKind = (kind: Truth['kind']) => truths.filter((truth) => truth.kind === kind);

test('every kind of trouble and of what looks like it happens, and says which it is', () => {
  const kinds = (isAnomaly: boolean) =>
    [...new Set(truths.filter((truth) => truth.isAnomaly === isAnomaly).map(({ kind }) => kind))].sort();
  expect(kinds(true)).toEqual([
    'after_hours_theft',
    'discount_abuse',
    'ghost_receipt',
    'large_loss',
    'role_grant',
    'self_promotion',
    'zero_stock',
  ]);
  expect(kinds(false)).toEqual([
    'approved_promotion',
    'expiry_write_off',
    'flu_wave',
    'holiday',
    'month_end_count',
    'new_product',
    'promotion',
  ]);
  expect(new Set(truths.map(({ id }) => id)).size).toBe(truths.length);
});

test('every act happens', () => {
  for (const act of ['sale_voided', 'sale_altered', 'stock_changed', 'product_added', 'unexplained', 'leave', 'hire']) {
    expect([act, acts.get(act) ?? 0]).toEqual([act, expect.any(Number)]);
    expect(acts.get(act) ?? 0).toBeGreaterThan(0);
  }
});

test('the rows are what the truths claim', () => {
  const received = new Map<string, Set<string>>();
  let [cheap, below, oversold] = [0, 0, 0];
  const prices = new Map<string, number>();
  const cheats = new Set(
    ofKind('discount_abuse').flatMap(({ transactions }) => transactions.map((each) => String(each.sale_id))),
  );
  for (const { rows, act } of recordAll(history(options))) {
    for (const { table, after } of rows) {
      if (table === 'products' && after) prices.set(String(after.product_id), Number(after.unit_price));
      if (table === 'inventory' && Number(after?.quantity_on_hand) < 0) oversold += 1;
      if (table === 'sale_items' && after && act.act === 'sale') {
        const share = Number(after.unit_price) / (prices.get(String(after.product_id)) ?? 0);
        if (cheats.has(String(after.sale_id))) cheap += share < 0.75 ? 1 : 0;
        else expect(share).toBe(1);
      }
    }
    if (act.act === 'order_received') received.set(String(act.keys.po_id), new Set(rows.map(({ table }) => table)));
    if (act.act === 'price_changed') below += Number(act.facts.new_price) < Number(act.facts.cost) ? 1 : 0;
    if (act.act === 'sale') {
      const items = rows.filter(({ table }) => table === 'sale_items');
      const cents = items.reduce((sum, { after }) => sum + Math.round(Number(after?.line_total) * 100), 0);
      expect(rows.find(({ table }) => table === 'sales')?.after?.total_amount).toBe((cents / 100).toFixed(2));
    }
  }
  expect(cheap).toBeGreaterThan(50);
  expect(below).toBeGreaterThan(0);
  expect(oversold).toBeGreaterThan(0);
  const ghosts = new Set(ofKind('ghost_receipt').map(({ entity }) => String(entity.id)));
  for (const [order, tables] of received) expect([order, tables.has('inventory')]).toEqual([order, !ghosts.has(order)]);
});

test('a flu wave moves demand, a holiday empties the shops', () => {
  const lima = makeZone('America/Lima');
  const salesOn = new Map<number, number>();
  for (const { act, at } of history(options)) {
    if (act.act === 'sale') salesOn.set(lima.day(Number(at)), (salesOn.get(lima.day(Number(at))) ?? 0) + 1);
  }
  const christmas = lima.day(Date.UTC(2025, 11, 25, 18) * 1000);
  expect(salesOn.get(christmas)).toBeLessThan(0.6 * (salesOn.get(christmas - 7) ?? 0));
  expect(world.waves.find(({ kind }) => kind === 'flu_wave')?.products.length).toBeGreaterThan(10);
});

test('a branch keeps the time of its own zone', () => {
  const [first, second, ...others] = readScenario().branches;
  if (first === undefined || second === undefined) throw new Error('no branches');
  const branches = [first, { ...second, timeZone: 'America/Sao_Paulo', opens: 10, closes: 18 }, ...others];
  const scenario = { ...readScenario(), seed: '3', days: 3, salesPerDay: 500, branches };
  const zones = [makeZone('America/Lima'), makeZone('America/Sao_Paulo')];
  const hours = new Set<string>();
  for (const { act, at } of history({ scenario, until_us: options.until_us })) {
    if (act.act !== 'sale') continue;
    const zone = act.facts.branch_id === '2' ? zones[1] : zones[0];
    expect(act.facts.sale_time).toBe(zone?.dateTime(Number(at)));
    if (act.facts.branch_id === '2') hours.add(String(act.facts.sale_time).slice(11, 13));
  }
  expect([...hours].sort()).toEqual(['10', '11', '12', '13', '14', '15', '16', '17']);
});
