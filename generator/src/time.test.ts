import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY_US, dateOfDay, isoInstant, localDateTime, localDay, localHour, startOfDay, weekday } from './time.ts';

const instant = fc.integer({ min: Date.UTC(2000), max: Date.UTC(2037) }).map((ms) => ms * 1000 + 7);

test('local time is five hours behind UTC, also across midnight', () => {
  const at = Date.parse('2026-01-15T04:59:59.999Z') * 1000 + 123;
  expect(localDateTime(at)).toBe('2026-01-14 23:59:59');
  expect(isoInstant(at)).toBe('2026-01-15T04:59:59.999123Z');
  expect(dateOfDay(localDay(at))).toBe('2026-01-14');
  expect(localHour(at)).toBe(23);
  expect(weekday(localDay(at))).toBe(3);
});

test('an instant lies in its own local day', () => {
  fc.assert(
    fc.property(instant, (at) => {
      const start = startOfDay(localDay(at));
      expect(at - start).toBeGreaterThanOrEqual(0);
      expect(at - start).toBeLessThan(DAY_US);
      expect(localDateTime(start)).toBe(`${dateOfDay(localDay(at))} 00:00:00`);
    }),
  );
});
