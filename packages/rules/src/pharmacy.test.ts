import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { BusinessEvent, type Row } from '@overlay/model';
import { loadPack } from '@overlay/packs/load';
import { makeInfer } from './infer.ts';
import { eventsOf, identify, insert, type RowSpec, record, runInfer, update } from './testing/rows.ts';

const pack = await loadPack(join(import.meta.dirname, '../../../packs/pharmacy'));
const infer = makeInfer(pack, identify);

const user = (user_id: string, role_id: string, more: Row = {}): Row => ({
  user_id,
  username: `user.${user_id}`,
  role_id,
  branch_id: '3',
  is_active: '1',
  created_by: '1',
  updated_by: '1',
  ...more,
});
const founding = record(1, [
  insert('roles', { role_id: '1', name: 'admin' }),
  insert('roles', { role_id: '2', name: 'manager' }),
  insert('roles', { role_id: '3', name: 'cashier' }),
  insert('branches', { branch_id: '3', name: 'Branch 3' }),
  insert('products', { product_id: '40', name: 'Ibuprofen 400 mg' }),
  insert('products', { product_id: '41', name: 'Sunscreen' }),
  insert('users', user('1', '1')),
  insert('users', user('9', '3')),
]);

function eventOf(rows: readonly RowSpec[], timestamp = '2026-03-10T15:00:00.000000Z'): BusinessEvent {
  const { outcomes } = runInfer(infer, [founding, record(2, rows, timestamp)]);
  for (const { verdict } of outcomes) expect(verdict).not.toHaveProperty('faults');
  const [event, ...others] = eventsOf(outcomes);
  expect(others).toEqual([]);
  return BusinessEvent.parse(event);
}

const sale = (total_amount: string) =>
  insert('sales', {
    sale_id: '700',
    branch_id: '3',
    sale_time: '2026-03-10 10:00:00',
    total_amount,
    payment_method: 'CASH',
    cashier_user_id: '9',
  });
const item = (product_id: string, quantity: string, unit_price: string, line_total: string) =>
  insert('sale_items', { sale_id: '700', product_id, quantity, unit_price, line_total });
const stock = (product_id: string, from: string, to: string) =>
  update(
    'inventory',
    { branch_id: '3', product_id, quantity_on_hand: from, last_counted_date: null },
    { branch_id: '3', product_id, quantity_on_hand: to, last_counted_date: null },
  );

test('a sale with its items, its cashier and the stock it took', () => {
  const rows = [
    sale('31.10'),
    item('40', '2', '3.10', '6.20'),
    item('41', '1', '24.90', '24.90'),
    stock('40', '9', '7'),
    stock('41', '5', '4'),
    stock('77', '5', '4'),
  ];
  const event = eventOf(rows);
  expect(event).toMatchObject({
    type: 'sale.completed',
    entityType: 'sale',
    entityId: '700',
    actor: { id: '9', label: 'user.9', grade: 'inferred' },
    confidence: 1,
    payload: {
      sale_id: '700',
      branch_id: '3',
      branch: 'Branch 3',
      total_amount: '31.10',
      lines_total: '31.10',
      total_matches_lines: true,
      payment_method: 'CASH',
      cashier: 'user.9',
      item_count: '2',
      items: [
        { product_id: '40', product: 'Ibuprofen 400 mg', quantity: '2', unit_price: '3.10' },
        { product_id: '41', product: 'Sunscreen', quantity: '1', unit_price: '24.90' },
      ],
    },
  });
  expect(event.sourceEventIds).toHaveLength(5);
  expect(event.payload).not.toHaveProperty('doubts');
});

test('a total that is not the sum of the lines is stated, and the sale is less sure', () => {
  expect(eventOf([sale('31.00'), item('40', '2', '3.10', '6.20')])).toMatchObject({
    confidence: 0.6,
    payload: {
      lines_total: '6.20',
      total_matches_lines: false,
      doubts: ['the total is not the sum of the line totals'],
    },
  });
  expect(eventOf([sale('31.00')])).toMatchObject({ confidence: 0.5, payload: { item_count: '0', items: [] } });
});

const adjustment = (more: Row = {}) =>
  insert('inventory_adjustments', {
    adjust_id: '55',
    branch_id: '3',
    product_id: '40',
    old_qty: '98',
    new_qty: '50',
    reason_code: 'THEFT',
    adjusted_by_user_id: '9',
    adjusted_at: '2026-03-10 10:00:00',
    notes: 'a note',
    ...more,
  });

test('an adjustment with its difference and reason; notes stay out', () => {
  const event = eventOf([stock('40', '98', '50'), adjustment()]);
  expect(event).toMatchObject({
    type: 'inventory.adjustment',
    entityId: '40',
    actor: { id: '9', grade: 'inferred' },
    confidence: 1,
    payload: {
      product: 'Ibuprofen 400 mg',
      old_qty: '98',
      new_qty: '50',
      delta: '-48',
      reason: 'THEFT',
      after_hours: false,
    },
  });
  expect(event.sourceEventIds).toHaveLength(2);
  expect(JSON.stringify(event.payload)).not.toContain('a note');
  expect(eventOf([stock('40', '98', '60'), adjustment()]).confidence).toBe(0.8);
});

test('after hours by the commit time, or by the time that was written down', () => {
  expect(eventOf([adjustment()], '2026-03-11T04:30:00.000000Z').payload.after_hours).toBe(true);
  expect(eventOf([adjustment({ adjusted_at: '2026-03-10 02:30:00' })]).payload.after_hours).toBe(true);
});

test('a changed role with names and who did it; other changes of a user are none', () => {
  expect(eventOf([update('users', user('9', '3'), user('9', '2'))])).toMatchObject({
    type: 'user.role_changed',
    entityId: '9',
    actor: { id: '1', label: 'user.1', grade: 'inferred' },
    payload: { username: 'user.9', old_role: 'cashier', new_role: 'manager', changed_by: 'user.1', self: false },
  });
  expect(eventOf([update('users', user('9', '3'), user('9', '1', { updated_by: '9' }))]).payload.self).toBe(true);
  const { outcomes } = runInfer(infer, [
    founding,
    record(2, [update('users', user('9', '3'), user('9', '3', { is_active: '0' }))]),
  ]);
  expect(eventsOf(outcomes)).toEqual([]);
});
