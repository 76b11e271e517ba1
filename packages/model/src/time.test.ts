import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { microsecondsOf, Timestamp, timestampOf } from './time.ts';

test('a timestamp keeps its microseconds, before and after the epoch', () => {
  expect(timestampOf(1795224352893649)).toBe('2026-11-21T01:25:52.893649Z');
  expect(timestampOf(-1)).toBe('1969-12-31T23:59:59.999999Z');
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 52 }), (microseconds) => {
      const text = timestampOf(microseconds);
      expect(Timestamp.safeParse(text).success).toBe(true);
      expect(microsecondsOf(text)).toBe(microseconds);
    }),
  );
});
