import { expect, test } from '@jest/globals';
import { dayAfter, dayName, isDay, makeZone } from './zone.ts';

test('a day begins at local midnight and a wall clock shows its offset', () => {
  const lima = makeZone('America/Lima');
  expect(lima.boundsOf('2026-11-21')).toEqual({
    from: '2026-11-21T05:00:00.000000Z',
    to: '2026-11-22T05:00:00.000000Z',
  });
  expect(lima.dayOf('2026-11-22T04:59:59.999999Z')).toBe('2026-11-21');
  expect(lima.timeOf('2026-11-22T04:59:59.999999Z')).toBe('2026-11-21 23:59:59 -05:00');
  expect(makeZone('Asia/Kathmandu').timeOf('2026-01-01T00:00:00.000000Z')).toBe('2026-01-01 05:45:00 +05:45');
});

test('days of a change of the clock have 23 and 25 hours, and one without midnight begins at one', () => {
  const hours = (zone: string, day: string) => {
    const { from, to } = makeZone(zone).boundsOf(day);
    return (Date.parse(to) - Date.parse(from)) / 3_600_000;
  };
  expect(hours('Europe/Berlin', '2026-03-29')).toBe(23);
  expect(hours('Europe/Berlin', '2026-10-25')).toBe(25);
  expect(makeZone('America/Sao_Paulo').boundsOf('2018-11-04').from).toBe('2018-11-04T03:00:00.000000Z');
  expect(hours('America/Sao_Paulo', '2018-11-04')).toBe(23);
});

test('every day ends where the next begins, in zones at the edges of the world', () => {
  for (const name of ['Pacific/Kiritimati', 'Pacific/Apia', 'America/St_Johns', 'Etc/GMT+12', 'UTC']) {
    const zone = makeZone(name);
    for (let day = '2011-12-26'; day < '2012-01-04'; day = dayAfter(day, 1)) {
      expect(zone.boundsOf(day).to).toBe(zone.boundsOf(dayAfter(day, 1)).from);
    }
  }
});

test('days are checked against the calendar', () => {
  expect(isDay('2026-02-28')).toBe(true);
  expect([isDay('2026-02-29'), isDay('2026-13-01'), isDay('2026-1-1'), isDay('today')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28');
  expect(dayName('2026-11-21')).toBe('Saturday 21 November 2026');
});

test('an instant that no calendar holds is shown as it stands', () => {
  expect(makeZone('UTC').timeOf('999999-01-01T00:00:00.000000Z')).toBe('999999-01-01T00:00:00.000000Z');
});
