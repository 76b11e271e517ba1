import { expect, test } from '@jest/globals';
import { makeCalendar } from './calendar.ts';

const calendar = makeCalendar({
  timeZone: 'Europe/Berlin',
  openingHours: {
    default: { open: '10:00', close: '18:00' },
    places: {
      bar: { open: '20:00', close: '02:00' },
      always: { open: '00:00', close: '24:00' },
      abroad: { open: '10:00', close: '18:00', timeZone: 'America/New_York' },
    },
  },
});

test('wall clocks follow the zone through the change of summer time', () => {
  expect(calendar.local('2026-03-29T00:59:59.999999Z')).toEqual({ date: '2026-03-29', clock: '01:59', minutes: 119 });
  expect(calendar.local('2026-03-29T01:00:00.000000Z')).toEqual({ date: '2026-03-29', clock: '03:00', minutes: 180 });
  expect(calendar.local('2026-12-31T23:30:00Z').date).toBe('2027-01-01');
  expect(calendar.local('2026-01-15T12:00:00.000000Z', 'abroad').clock).toBe('07:00');
});

test('a time without a zone is what the wall clock showed', () => {
  expect(calendar.local('2026-01-15 23:30:00')).toEqual({ date: '2026-01-15', clock: '23:30', minutes: 1410 });
  expect(() => calendar.local('yesterday')).toThrow(RangeError);
  expect(() => calendar.local('')).toThrow(RangeError);
});

test.each([
  ['2026-01-15 09:59:59', '', '2026-01-14'],
  ['2026-01-15 10:00:00', '', null],
  ['2026-01-15 17:59:59', '', null],
  ['2026-01-15 18:00:00', '', '2026-01-15'],
  ['2026-03-01 00:30:00', '', '2026-02-28'],
  ['2026-01-15 21:00:00', 'bar', null],
  ['2026-01-15 01:59:00', 'bar', null],
  ['2026-01-15 02:00:00', 'bar', '2026-01-15'],
  ['2026-01-15 03:00:00', 'always', null],
  ['2026-01-15T12:00:00Z', 'abroad', '2026-01-14'],
  ['2026-01-15T12:00:00Z', 'toString', null],
])('at %s, place %j has been closed since %s', (time, place, since) => {
  expect(calendar.closedSince(time, place)).toBe(since);
  expect(calendar.isOpen(time, place)).toBe(since === null);
});
