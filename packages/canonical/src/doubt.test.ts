import { expect, test } from '@jest/globals';
import { doubtOf } from './doubt.ts';
import type { RawColumn } from './raw-image.ts';
import { column } from './testing/column.ts';

const isDoubtful = (given: RawColumn, raw: unknown, isSnapshot = false) => doubtOf(given)?.isDoubtful(raw, isSnapshot);

test('a zero date where no null is allowed arrives as the default, or as the epoch', () => {
  const day = column('DATE', { isNullable: false });
  expect([isDoubtful(day, 0), isDoubtful(day, 1), isDoubtful(day, null)]).toEqual([true, false, true]);
  const withDefault = column('DATE', { isNullable: false, default: '2000-01-01' });
  expect([isDoubtful(withDefault, 0), isDoubtful(withDefault, 10_957)]).toEqual([false, true]);
  const withZero = column('DATE', { isNullable: false, default: '0000-00-00' });
  expect([isDoubtful(withZero, 0), isDoubtful(withZero, 1)]).toEqual([true, false]);
  const moment = column('DATETIME', { isNullable: false, length: 6, default: '2000-01-01 00:00:00.5' });
  expect([isDoubtful(moment, 946_684_800_500_000), isDoubtful(moment, 946_684_800_000_000)]).toEqual([true, false]);
  const instant = column('TIMESTAMP', { isNullable: false, default: 'CURRENT_TIMESTAMP' });
  expect([isDoubtful(instant, '1970-01-01T00:00:00Z'), isDoubtful(instant, '1970-01-01T00:00:01Z')]).toEqual([
    true,
    false,
  ]);
  expect(doubtOf(column('DATE'))).toBeUndefined();
});

test('a letter that a character set does not have was another one; in one that has all, it may have been itself', () => {
  const latin = column('VARCHAR', { charset: 'latin1' });
  expect([isDoubtful(latin, 'a\uFFFD'), isDoubtful(latin, 'aÿ')]).toEqual([true, false]);
  for (const charset of ['utf8mb4', 'utf16', 'ucs2', 'gb18030'])
    expect(doubtOf(column('TEXT', { charset }))).toBeUndefined();
});

test('what a snapshot rounds, and what a spelling of a type makes the connector misread', () => {
  expect([isDoubtful(column('FLOAT'), 1.5, true), isDoubtful(column('FLOAT'), 1.5)]).toEqual([true, false]);
  expect([isDoubtful(column('FLOAT'), 0, true), isDoubtful(column('FLOAT'), null, true)]).toEqual([false, false]);
  expect(doubtOf(column('FLOAT', { length: 53 }))).toBeUndefined();
  expect([isDoubtful(column('YEAR'), 2000, true), isDoubtful(column('YEAR'), 2000)]).toEqual([true, false]);
  expect([isDoubtful(column('BOOLEAN'), true), isDoubtful(column('BOOLEAN'), false)]).toEqual([true, false]);
  expect([isDoubtful(column('REAL'), 0.5), isDoubtful(column('REAL'), null)]).toEqual([true, false]);
  expect([isDoubtful(column('FLOAT4'), null), doubtOf(column('DOUBLE'))]).toEqual([true, undefined]);
  for (const type of ['INT', 'DECIMAL', 'BLOB', 'TIME', 'BIT']) expect(doubtOf(column(type))).toBeUndefined();
});
