import { expect, test } from '@jest/globals';
import type { BinlogGroup } from '@overlay/mysql';
import { effectOf } from './captured.ts';

const group = (more: Partial<BinlogGroup>): BinlogGroup => ({
  gtid: 'bd8b0330-e549-11f1-b8b9-02fc00000001:1',
  file: 'binlog.000001',
  position: 4,
  tables: new Set(),
  statement: undefined,
  isPrepared: false,
  ...more,
});

test('rows are captured when one of their tables is', () => {
  expect(effectOf(group({ tables: new Set(['mysql.user', 'shop.sales']) }), 'shop')).toEqual({
    isCaptured: true,
    what: 'rows of shop.sales',
  });
  expect(effectOf(group({ tables: new Set(['shop2.sales', 'mysql.user']) }), 'shop')).toEqual({
    isCaptured: false,
    what: 'rows of other databases: shop2, mysql',
  });
  expect(effectOf(group({}), 'shop')).toEqual({ isCaptured: false, what: 'no row' });
});

test.each([
  ["CREATE USER 'a'@'%' IDENTIFIED WITH 'x' AS 'Secret'", false, 'CREATE USER'],
  ["use `shop`; GRANT SELECT ON `shop`.* TO 'a'@'%'", false, 'GRANT SELECT'],
  ['FLUSH PRIVILEGES', false, 'FLUSH PRIVILEGES'],
  [
    'use `shop`; CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` VIEW `v` AS select * from sales',
    false,
    'CREATE ALGORITHM',
  ],
  ['use `shop`; /* app */ create trigger t before insert on sales for each row set @a = 1', false, 'CREATE TRIGGER'],
  ['use `shop`; create index i on sales (id)', false, 'CREATE INDEX'],
  ['use `shop`; DROP TEMPORARY TABLE IF EXISTS `t`', false, 'DROP TEMPORARY'],
  ['use `other`; create table notes (id int)', false, 'CREATE TABLE'],
  ['use `shop`; create table notes (id int)', true, 'CREATE TABLE in shop'],
  ['use `other`; drop table `Shop`.`sales`', true, 'DROP TABLE in shop'],
  ['use `shop`;\n-- a comment\n  truncate sales', true, 'TRUNCATE SALES in shop'],
  ['drop database shop', true, 'DROP DATABASE in shop'],
  ["use `shop`; insert into sales values (1, 'Secret')", true, 'INSERT INTO in shop'],
  ["use `other`; insert into t values ('Secret')", false, 'INSERT INTO'],
  ['use `other`; update `shop`.`sales` set a = 1', true, 'UPDATE in shop'],
])('%s', (statement, isCaptured, what) => {
  expect(effectOf(group({ statement }), 'shop')).toEqual({ isCaptured, what });
});
