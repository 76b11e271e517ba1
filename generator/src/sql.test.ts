import { expect, test } from '@jest/globals';
import { transactionSql } from './sql.ts';
import { insert, money, update } from './transaction.ts';

const shelf = (product_id: number, add: number, branch_id = 1) =>
  update('inventory', { branch_id, product_id }, { quantity_on_hand: { add } });

test('a simulated commit time stands first, in seconds and in microseconds', () => {
  const sql = transactionSql({ at: 1_768_500_000_000_042n, statements: [shelf(2, -1)] });
  expect(sql).toBe(
    'SET timestamp=1768500000.000042,SESSION original_commit_timestamp=1768500000000042;' +
      'UPDATE inventory SET quantity_on_hand=quantity_on_hand+(-1) WHERE branch_id=1 AND product_id=2;COMMIT',
  );
});

test('a live transaction sets no time', () => {
  expect(transactionSql({ at: undefined, statements: [shelf(2, 3)] })).toMatch(/^BEGIN;/);
});

test('updates of one column in rising order of key become one statement', () => {
  const sql = transactionSql({ at: undefined, statements: [shelf(2, -1), shelf(9, 4)] });
  expect(sql).toBe(
    'BEGIN;UPDATE inventory SET quantity_on_hand=quantity_on_hand+CASE product_id WHEN 2 THEN -1 WHEN 9 THEN 4 END' +
      ' WHERE branch_id=1 AND product_id IN (2,9);COMMIT',
  );
});

test('updates that differ in more than key and number stay apart', () => {
  const counted = update(
    'inventory',
    { branch_id: 1, product_id: 5 },
    { quantity_on_hand: { add: 1 }, last_counted_date: 'x' },
  );
  const absolute = update('inventory', { branch_id: 1, product_id: 6 }, { quantity_on_hand: 1 });
  for (const [a, b] of [
    [shelf(2, 1), shelf(2, 1)],
    [shelf(3, 1), shelf(2, 1)],
    [shelf(2, 1), shelf(3, 1, 2)],
    [shelf(2, 1), counted],
    [counted, counted],
    [shelf(2, 1), absolute],
  ] as const) {
    expect(transactionSql({ at: undefined, statements: [a, b] }).match(/UPDATE/g)).toHaveLength(2);
  }
});

test('values are written as literals', () => {
  const sql = transactionSql({ at: undefined, statements: [insert('t', ['a', 'b', 'c'], [[1, null, "O'Higgins"]])] });
  expect(sql).toContain("INSERT INTO t(a,b,c) VALUES (1,NULL,'O''Higgins')");
  expect(() => transactionSql({ at: undefined, statements: [insert('t', ['a'], [['\\']])] })).toThrow('backslash');
});

test('money keeps its cents', () => {
  expect([money(0), money(5), money(1234), money(100_000)]).toEqual(['0.00', '0.05', '12.34', '1000.00']);
});
