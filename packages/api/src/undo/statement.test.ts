import { expect, test } from '@jest/globals';
import type { ChangeEvent, Row } from '@overlay/model';
import { column } from '@overlay/model/testing';
import type { StoredDefinition } from '@overlay/storage';
import { isComputed } from './computed.ts';
import { isSealed, literal } from './literal.ts';
import { type RowChange, rowChanges, undoStatement } from './statement.ts';

const DEFINITION: StoredDefinition = {
  columns: [
    column('id', 'INT', { isFilledIn: true }),
    column('na`me', 'VARCHAR'),
    column('email', 'VARCHAR'),
    column('at', 'TIMESTAMP'),
    column('twice', 'INT'),
  ],
  key: ['id'],
  statements: [
    'create table t (id int auto_increment primary key, `na``me` varchar(?), twice int generated always as (id * ?) stored)',
  ],
};
const SEALED = `sealed:${'x'.repeat(22)}`;
const row = (more: Row = {}): Row => ({
  id: '7',
  'na`me': "it's",
  email: null,
  at: '2026-03-04T05:06:07Z',
  twice: '14',
  ...more,
});
const undone = (before: Row | null, after: Row | null, more: Partial<RowChange> = {}) =>
  undoStatement({
    eventId: 'e',
    database: 'shop',
    table: 't',
    before,
    after,
    definition: DEFINITION,
    doubtful: [],
    ...more,
  });

test('each change has its reverse: by key, without what the source computes, times that move by themselves held still', () => {
  expect(undone(null, row()).sql).toBe('delete from `shop`.`t` where `id` = 7;');
  expect(undone(row(), null).sql).toBe(
    "insert into `shop`.`t` (`id`, `na``me`, `email`, `at`) values (7, 'it''s', NULL, '2026-03-04 05:06:07');",
  );
  expect(undone(row(), row({ 'na`me': 'b', twice: '2' })).sql).toBe(
    "update `shop`.`t` set `na``me` = 'it''s', `at` = '2026-03-04 05:06:07' where `id` = 7;",
  );
  expect(undone(row(), row({ id: '8' })).sql).toMatch(/set `id` = 7, .* where `id` = 8;$/);
});

test('what is sealed, dropped, doubtful or not defined makes a comment that says so, never a statement', () => {
  const cases = [
    undone(row({ email: SEALED }), null),
    undone(row({ email: '[REDACTED]' }), row({ email: null })),
    undone(row(), row({ id: `token:${'x'.repeat(22)}` })),
    undone(row(), null, { doubtful: ['at'] }),
    undone(null, row(), { definition: undefined }),
    undone(null, row(), { table: 'a\u202eb' }),
  ];
  for (const { sql, missing } of cases) {
    expect(sql).toMatch(/^-- /);
    expect(sql).not.toMatch(/[\r\n]/);
    expect(missing).toHaveLength(1);
  }
  expect(cases[0]?.sql).toContain('/* auditctl open e --column email */');
  expect(cases[0]?.missing).toEqual(['column email is sealed']);
  expect(undone(row({ email: SEALED }), row({ email: SEALED, 'na`me': 'b' })).missing).toEqual([]);
});

test.each([
  [['CREATE TABLE `t` (`c` decimal(10,2) GENERATED ALWAYS AS ((`a` * ?)) VIRTUAL)'], true],
  [['create table t (a int, c int as (a + ?))'], true],
  [['create table t (a int, c int)', 'alter table t add column d int as (c), modify c bigint'], false],
  [['create table t (a int, c int)', 'alter table t drop c, add c int as (a) stored after a'], true],
  [['create table t (a int, c int as (a))', 'alter table t modify column c int'], false],
  [['create table c as (select ? as a)'], false],
  [['create table t (a int default (cast(? as signed)), c int default ?)'], false],
  [['create table t (c int, d int as (c))'], false],
])('by %j it is computed: %s', (statements, computed) => {
  expect(isComputed('c', statements)).toBe(computed);
});

test('without a key, of rows that MySQL takes for equal the one with the same text', () => {
  const definition = { ...DEFINITION, columns: [column('a', 'VARCHAR'), column('b', 'INT')], key: [] };
  expect(undone(null, { a: 'x', b: null }, { definition }).sql).toBe(
    "delete from `shop`.`t` where convert(`a` using utf8mb4) collate utf8mb4_0900_bin <=> 'x' and `b` <=> NULL limit 1;",
  );
});

test.each([
  ['INT', '12', '12'],
  ['DECIMAL', '-1.50', '-1.50'],
  ['DOUBLE', '5e-324', "'5e-324'"],
  ['FLOAT', '-0', '-0e0'],
  ['BLOB', 'AP8=', "X'00ff'"],
  ['VARCHAR', 'a\\b', "convert(X'615c62' using utf8mb4)"],
  ['VARCHAR', 'a\n\u202e', "convert(X'610ae280ae' using utf8mb4)"],
  ['JSON', '{"a":1}', `cast('{"a":1}' as json)`],
  ['POINT', 'SRID=4326;AQE=', "st_geomfromwkb(X'0101', 4326, 'axis-order=long-lat')"],
  ['VECTOR', '[1]', "X'0000803f'"],
  ['INT', '1; drop table t', "'1; drop table t'"],
])('%s %j is written as %s', (type, value, sql) => {
  expect(literal(value, column('c', type))).toBe(sql);
});

test('text that only begins as a token is text', () => {
  expect([SEALED, '[ERASED]', 'sealed:', `token:${'x'.repeat(23)}`, null].map(isSealed)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a changed key is one change; the same row deleted and inserted by two statements is two', () => {
  const event = (operation: 'DELETE' | 'INSERT', position: number): ChangeEvent => ({
    eventId: `${operation}${position}`,
    source: { name: 's', database: 'shop', table: 't', primaryKey: {} },
    operation,
    before: operation === 'DELETE' ? row() : null,
    after: operation === 'INSERT' ? row({ id: '8' }) : null,
    timestamp: '2026-03-04T05:06:07.000000Z',
    transactionId: 'x',
    sequence: 1,
    order: 1,
    schemaVersion: 'shop.t:1',
    metadata: { connector: 'mysql', version: '1', file: 'f', position, thread: null },
  });
  const one = rowChanges([event('DELETE', 4), event('INSERT', 4)], new Map());
  expect(one).toMatchObject([{ before: row(), after: row({ id: '8' }), eventId: 'INSERT4' }]);
  expect(rowChanges([event('DELETE', 4), event('INSERT', 5)], new Map())).toHaveLength(2);
});
