import { expect, test } from '@jest/globals';
import { ERASED } from '@overlay/sealing';
import type { FoldedRow } from '@overlay/storage';
import { Differences } from './differences.ts';
import type { RowForm } from './row-form.ts';

const FORM: RowForm = {
  expressions: [],
  fromSource: async () => [],
  fromLog: (row) => row,
  notCompared: [],
  obstacle: undefined,
  rewritten: { until: 100, columns: new Set(['email']) },
};
const HOLE = { sequence: 50, why: 'sequence 50 is set aside' };
const KEY = '{"id":"7"}';

const textOf = (values: Readonly<Record<string, string | null>>): string => JSON.stringify({ id: '7', ...values });
const logged = (values: Readonly<Record<string, string | null>>, more: Partial<FoldedRow> = {}): FoldedRow => ({
  key: KEY,
  row: textOf(values),
  count: 1,
  sequence: 200,
  eventId: 'event',
  doubtful: [],
  doubts: [],
  ...more,
});
const looking = (states: ReadonlyMap<string, readonly (string | null)[]> = new Map()) =>
  new Differences(FORM, [HOLE], states);

/** What is said of one row: the columns that differ, and why others are not compared. */
function told(log: FoldedRow, source: Readonly<Record<string, string | null>>) {
  const differences = looking();
  differences.look(KEY, log, textOf(source));
  return {
    differ: differences.listed.flatMap(({ columns }) => columns.map(({ column }) => column)),
    left: differences.notCompared.map(({ column, why, rows }) => `${column} ${rows}: ${why}`),
  };
}

test('a value that the log knows is a difference, one that it does not know is told', () => {
  expect(told(logged({ a: '1', b: '2' }), { a: '1', b: '3' })).toEqual({ differ: ['b'], left: [] });
  expect(told(logged({ a: '1' }, { doubtful: ['a'] }), { a: '2' })).toEqual({
    differ: [],
    left: ['a 1: the value stands for this or another one, by what the connector gave'],
  });
  expect(told(logged({ a: '1' }, { doubts: ['a: filled in by the DDL at sequence 5'] }), { a: '2' }).differ).toEqual(
    [],
  );
  expect(told(logged({ email: 'token' }), { email: ERASED }).left).toEqual(['email 1: the subject was erased']);
  expect(told(logged({ email: 'clear' }, { sequence: 99 }), { email: 'token' }).left).toEqual([
    'email 1: written under another policy, before sequence 100',
  ]);
  expect(told(logged({ email: 'clear' }, { sequence: 100 }), { email: 'token' }).differ).toEqual(['email']);
});

test('what one row has unknown hides nothing else of it', () => {
  expect(told(logged({ a: '1', b: '2' }, { doubtful: ['a'] }), { a: '9', b: '9' })).toMatchObject({ differ: ['b'] });
});

test('a hole behind the newest change of a row may be why it differs, one before it may not', () => {
  const differences = looking();
  differences.look(KEY, logged({ a: '1' }, { sequence: 49 }), textOf({ a: '2' }));
  differences.look(KEY, logged({ a: '1' }), textOf({ a: '2' }));
  differences.look(KEY, undefined, textOf({ a: '2' }));
  differences.look(KEY, logged({ a: '1' }, { doubts: ['the row may be gone: a partition'] }), undefined);
  expect(differences.listed.map(({ kind, perhaps }) => [kind, perhaps])).toEqual([
    ['differs', HOLE.why],
    ['differs', null],
    ['missing_in_log', HOLE.why],
    ['missing_at_source', 'the row may be gone: a partition'],
  ]);
});

test('a row that was changed while it was read may be in each of its states, or gone', () => {
  const differences = looking(new Map([[KEY, [textOf({ a: '1' }), textOf({ a: '2' }), null]]]));
  for (const source of [textOf({ a: '1' }), textOf({ a: '2' }), undefined])
    differences.look(KEY, logged({ a: '3' }), source);
  expect(differences.count).toBe(0);
  differences.look(KEY, logged({ a: '3' }), textOf({ a: '4' }));
  expect(differences.count).toBe(1);
});

test('equal rows are named as often as they are too many or too few, and a thousand at most', () => {
  const differences = looking();
  differences.lookAtEqual('{"a":"1"}', 2, undefined);
  differences.lookAtEqual('{"a":"2"}', -2000, undefined);
  expect(differences.listed.slice(0, 3).map(({ kind }) => kind)).toEqual([
    'missing_at_source',
    'missing_at_source',
    'missing_in_log',
  ]);
  expect([differences.count, differences.listed.length, differences.isFull]).toEqual([2002, 1000, true]);
});
