import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDdl } from './ddl.ts';

const renames = (statement: string): readonly string[] =>
  readDdl(statement).renames.map(({ from, to }) =>
    [from, to].map(({ database, table }) => (database === null ? table : `${database}.${table}`)).join(' → '),
  );

test.each([
  ['rename table t1 to t2', ['t1 → t2']],
  ['RENAME  TABLES `t2` TO `we``ird2`', ['t2 → we`ird2']],
  ['rename /* gh-ost */ table `shop`.`orders` to `shop`.`_orders_del`', ['shop.orders → shop._orders_del']],
  ['rename table a to b, x.b TO y.c -- , d to e', ['a → b', 'x.b → y.c']],
  ['rename table "a b" to `c`', ['a b → c']],
  ['alter table t1b rename as t1c, rename column v to vv', ['t1b → t1c']],
  ['alter table t rename b', ['t → b']],
  ['alter table t add column c int(5), rename = x.y', ['t → x.y']],
  ['alter table t rename index a to b, rename key c to d', []],
  ["alter table t comment 'rename to x', add column rename_to int", []],
  ['alter table t add check (a in (1, 2)), add column `rename` int', []],
  ['create table t (id int)', []],
  ["create user 'rename table a to b'", []],
])('renames in %s', (statement, expected) => {
  expect(renames(statement)).toEqual(expected);
});

test('columns that get another name', () => {
  const { renamedColumns } = readDdl(
    'alter table t rename column a to b, change c `d e` int, change column x x bigint, modify y int',
  );
  expect([...renamedColumns]).toEqual([
    ['a', 'b'],
    ['c', 'd e'],
  ]);
});

test.each([
  ['drop database other', 'other'],
  ['DROP SCHEMA IF EXISTS `o``x` /* all of it */', 'o`x'],
  ['drop table database', null],
])('the database that is dropped by %s', (statement, expected) => {
  expect(readDdl(statement).droppedDatabase).toBe(expected);
});

test.each([
  ['alter table t truncate partition p1', true],
  ['alter table t drop partition p0, p1', true],
  ['alter table t exchange partition p with table u', true],
  ['alter table t discard tablespace', true],
  ['alter table t drop column partition_id, add column `truncate` int', false],
  ['alter table t add partition (partition p3 values less than (2027))', false],
])('%s takes rows away: %s', (statement, expected) => {
  expect(readDdl(statement).losesRows).toBe(expected);
});

test('any text can be read', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            'rename',
            'table',
            'to',
            'alter',
            'drop',
            'database',
            ' ',
            ',',
            '(',
            ')',
            '.',
            '`',
            "'",
            '"',
            '\\',
            '/*',
            '--',
          ),
        ),
      ),
      (parts) => {
        expect(readDdl(parts.join(' '))).toBeDefined();
      },
    ),
  );
});
