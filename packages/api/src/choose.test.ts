import { expect, test } from '@jest/globals';
import { makeZone } from '@overlay/narratives';
import { chooseDay, chooseSource, chooseStretch } from './choose.ts';
import { uuidRange } from './find.ts';
import { diff } from './trace.ts';

const LIMA = makeZone('America/Lima');
const NOW = new Date('2026-11-21T04:00:00Z');

test('days are those of the zone', () => {
  expect(chooseDay('today', LIMA, NOW)).toEqual({ ok: true, value: '2026-11-20' });
  expect(chooseDay('yesterday', LIMA, NOW)).toEqual({ ok: true, value: '2026-11-19' });
  for (const wrong of ['', 'tomorrow', '20-11-2026', '2026-11-31', '2026-11-21T00:00']) {
    expect(chooseDay(wrong, LIMA, NOW)).toMatchObject({ ok: false, refusal: { code: 'invalid' } });
  }
});

test('a stretch is a day, or what came since a day or a moment', () => {
  expect(chooseStretch({}, LIMA, NOW)).toEqual({ ok: true, value: {} });
  expect(chooseStretch({ since: '90m' }, LIMA, NOW)).toEqual({
    ok: true,
    value: { from: '2026-11-21T02:30:00.000000Z' },
  });
  expect(chooseStretch({ since: 'today' }, LIMA, NOW)).toEqual({
    ok: true,
    value: { from: '2026-11-20T05:00:00.000000Z' },
  });
  expect(chooseStretch({ since: '1w' }, LIMA, NOW)).toMatchObject({ ok: false });
  expect(chooseStretch({ since: '1d', date: 'today' }, LIMA, NOW)).toMatchObject({ ok: false });
});

test('the only source needs no name, one of several does', () => {
  expect(chooseSource(undefined, ['a'])).toEqual({ ok: true, value: 'a' });
  expect(chooseSource(undefined, ['a', 'b'])).toMatchObject({
    ok: false,
    refusal: { code: 'invalid', hint: 'name one with --source: a, b' },
  });
  expect(chooseSource('c', ['a', 'b'])).toMatchObject({ ok: false, refusal: { code: 'not_found' } });
  expect(chooseSource(undefined, [])).toMatchObject({ ok: false, refusal: { code: 'not_found' } });
});

test('the beginning of an id spans all ids that begin so', () => {
  expect(uuidRange('ABCDEF01-2')).toEqual({
    low: 'abcdef01-2000-0000-0000-000000000000',
    high: 'abcdef01-2fff-ffff-ffff-ffffffffffff',
  });
  expect([uuidRange('abcdef0'), uuidRange('order:12345678'), uuidRange('a'.repeat(33))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a diff holds the columns that differ, and all of a single image', () => {
  expect(diff({ a: '1', b: null, c: true }, { a: '1', b: 'x', c: false, d: '4' })).toEqual([
    { column: 'b', before: null, after: 'x' },
    { column: 'c', before: true, after: false },
    { column: 'd', after: '4' },
  ]);
  expect(diff(null, { a: '1' })).toEqual([{ column: 'a', after: '1' }]);
  expect(diff({ a: '1' }, null)).toEqual([{ column: 'a', before: '1' }]);
  expect(diff(null, null)).toEqual([]);
});
