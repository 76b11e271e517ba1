import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ghostOf } from './ghost-table.ts';

const TABLES = ['orders', 'a', '_odd', 'x_new'];

test.each([
  ['_orders_gho', 'orders', 'copy'],
  ['_orders_ghc', 'orders', 'log'],
  ['_orders_del', 'orders', 'old'],
  ['_orders_20260310150000_del', 'orders', 'old'],
  ['_orders_new', 'orders', 'copy'],
  ['__orders_new', 'orders', 'copy'],
  ['_orders_old', 'orders', 'old'],
  ['__odd_new', '_odd', 'copy'],
  ['_x_new_new', 'x_new', 'copy'],
])('%s helps to change %s: %s', (table, base, role) => {
  expect(ghostOf(table, TABLES)).toEqual({ base, role });
});

test.each([
  'orders',
  'orders_new',
  '_customers_new',
  '_orders',
  '_orders_newer',
  '_gho',
  '__new',
  'x_new',
  'Orders_gho',
])('%s is a table like any other', (table) => {
  expect(ghostOf(table, [...TABLES, table])).toBeUndefined();
});

test('a name that gh-ost had to cut is recognised by its beginning, when only one table begins so', () => {
  const long = 'l'.repeat(64);
  const cut = `_${'l'.repeat(59)}_gho`;
  expect(ghostOf(cut, [long, 'orders'])).toEqual({ base: long, role: 'copy' });
  expect(ghostOf(cut, [long, `${'l'.repeat(62)}xx`])).toBeUndefined();
});

test('the helper of any table is recognised, and no table is its own helper', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 58 }),
      fc.constantFrom('gho', 'ghc', 'del', 'new', 'old'),
      (base, suffix) => {
        fc.pre(!base.startsWith('_'));
        const helper = `_${base}_${suffix}`;
        expect(ghostOf(helper, [base, helper])?.base).toBe(base);
        expect(ghostOf(base, [base])).toBeUndefined();
      },
    ),
  );
});
