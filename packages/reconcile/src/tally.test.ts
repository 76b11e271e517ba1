import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, Tally } from './tally.ts';

const rows = fc.uniqueArray(fc.record({ key: fc.string(), row: fc.string() }), { selector: ({ key }) => key });

test('two sides with the same rows are even, in whatever order they come', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const tally = new Tally();
      for (const { key, row } of given) tally.add(key, row, 1);
      for (const { key, row } of given.toReversed()) tally.add(key, row, -1);
      expect(tally.differing(1)).toEqual([]);
    }),
  );
});

test('a row that is missing, another one or there twice shows in the bucket of its key, and nowhere else', () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.constantFrom('missing', 'other', 'twice'), (given, at, fault) => {
      fc.pre(given.length > 0);
      const wrong = at % given.length;
      const tally = new Tally();
      for (const [index, { key, row }] of given.entries()) {
        tally.add(key, row, 1);
        if (index !== wrong) tally.add(key, row, -1);
        else if (fault === 'other') tally.add(key, `${row} `, -1);
        else if (fault === 'twice') for (const _ of [1, 2]) tally.add(key, row, -1);
      }
      const buckets = tally.differing(Number.MAX_SAFE_INTEGER).map((group) => [...group]);
      expect(buckets).toEqual([[bucketOf(given[wrong]?.key ?? '')]]);
    }),
  );
});

test('what differs comes in groups that hold no more rows than asked for', () => {
  const tally = new Tally();
  for (let at = 0; at < 1000; at++) tally.add(`key ${at}`, `row ${at}`, 1);
  const groups = tally.differing(100);
  expect(groups.length).toBeGreaterThanOrEqual(10);
  const held = groups.map(
    (buckets) =>
      Array.from({ length: 1000 }, (_, at) => bucketOf(`key ${at}`)).filter((bucket) => buckets.has(bucket)).length,
  );
  expect(Math.max(...held)).toBeLessThanOrEqual(100);
  expect(held.reduce((sum, count) => sum + count, 0)).toBe(1000);
});
