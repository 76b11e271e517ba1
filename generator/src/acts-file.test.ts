import { expect, test } from '@jest/globals';
import { type ActLine, actLine } from './acts-file.ts';
import { history } from './business.ts';
import { recordAll } from './recording.ts';
import { optionsOf } from './testing/small.ts';

const options = optionsOf(Date.UTC(2026, 0, 15, 18) * 1000, { seed: '7', days: 9, salesPerDay: 100 });
const lines: readonly ActLine[] = [...history(options)].map((each) => actLine(each, Number(each.at)));
const recorded = [...recordAll(history(options))];

test('every transaction is an act, and names every row that the recording shows', () => {
  expect(lines).toHaveLength(recorded.length);
  for (const [index, { rows, at }] of recorded.entries()) {
    const line = lines[index];
    expect(line?.at).toBe(at);
    expect(line?.rows.map(({ table, operation }) => [table, operation])).toEqual(
      rows.map(({ table, operation }) => [table, operation]),
    );
    for (const [place, { before, after }] of rows.entries()) {
      expect(after ?? before).toMatchObject(line?.rows[place]?.key ?? { none: 'here' });
    }
  }
});

test('the facts of an act are what its rows say', () => {
  const seen = new Set<string>();
  for (const [index, { rows }] of recorded.entries()) {
    const { act, facts, keys } = lines[index] ?? { act: undefined, facts: {}, keys: {} };
    seen.add(String(act));
    const after = (table: string) => rows.filter((row) => row.table === table).map((row) => row.after);
    if (act === 'sale') {
      const { sale_time, total_amount, payment_method, branch_id, cashier_id, items } = facts;
      expect(after('sales')).toEqual([
        { ...keys, sale_time, total_amount, payment_method, branch_id, cashier_user_id: cashier_id },
      ]);
      expect(after('sale_items')).toMatchObject(
        (Array.isArray(items) ? items : []).map(({ product, old_qty, new_qty, ...item }) => item),
      );
      expect(rows.filter(({ table }) => table === 'inventory')).toMatchObject(
        (Array.isArray(items) ? items : []).map(({ product_id, old_qty, new_qty }) => ({
          before: { product_id, quantity_on_hand: old_qty },
          after: { product_id, quantity_on_hand: new_qty },
        })),
      );
    } else if (act === 'adjustment') {
      const { old_qty, new_qty, reason, product_id, adjusted_by_id } = facts;
      expect(after('inventory_adjustments')).toMatchObject([
        { ...keys, old_qty, new_qty, reason_code: reason, product_id, adjusted_by_user_id: adjusted_by_id },
      ]);
      expect(after('inventory')[0]?.quantity_on_hand).toBe(new_qty);
    } else if (act === 'price_changed') {
      expect(rows[0]).toMatchObject({
        before: { unit_price: facts.old_price },
        after: { unit_price: facts.new_price },
      });
    } else if (act === 'role_changed') {
      expect(rows[0]?.before?.role_id).toBe(facts.old_role_id);
      expect(rows[0]?.after).toMatchObject({ ...keys, role_id: facts.new_role_id, updated_by: facts.changed_by_id });
    }
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['founding', 'sale', 'adjustment', 'order_placed', 'order_received', 'price_changed']),
  );
});
