import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY_US, dateOfDay, isoInstant, makeZone, weekday } from './time.ts';

const lima = makeZone('America/Lima');

const instant = fc.integer({ min: Date.UTC(2000), max: Date.UTC(2037) }).map((ms) => ms * 1000 + 7);

test('local time is five hours behind UTC, also across midnight', () => {
  const at = Date.parse('2026-01-15T04:59:59.999Z') * 1000 + 123;
  expect(lima.dateTime(at)).toBe('2026-01-14 23:59:59');
  expect(isoInstant(at)).toBe('2026-01-15T04:59:59.999123Z');
  expect(dateOfDay(lima.day(at))).toBe('2026-01-14');
  expect(lima.hour(at)).toBe(23);
  expect(weekday(lima.day(at))).toBe(3);
});

test('an instant lies in its own local day', () => {
  fc.assert(
    fc.property(instant, (at) => {
      const start = lima.startOf(lima.day(at));
      expect(at - start).toBeGreaterThanOrEqual(0);
      expect(at - start).toBeLessThan(DAY_US);
      expect(lima.dateTime(start)).toBe(`${dateOfDay(lima.day(at))} 00:00:00`);
    }),
  );
});

test('a zone keeps its own clock, also where it is put forward and back', () => {
  const madrid = makeZone('Europe/Madrid');
  const at = (text: string) => Date.parse(text) * 1000;
  expect(madrid.dateTime(at('2026-03-29T00:59:59Z'))).toBe('2026-03-29 01:59:59');
  expect(madrid.dateTime(at('2026-03-29T01:00:00Z'))).toBe('2026-03-29 03:00:00');
  const [march, april] = [madrid.day(at('2026-03-29T12:00:00Z')), madrid.day(at('2026-03-30T12:00:00Z'))];
  expect(madrid.startOf(april) - madrid.startOf(march)).toBe((DAY_US / 24) * 23);
  expect(() => makeZone('Peru/Nowhere')).toThrow(RangeError);
});
