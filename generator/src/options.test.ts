import { expect, test } from '@jest/globals';
import { findUrl, parseDatabase, parseInstant, parsePositive, parseTroubleEvery, parseWhole } from './options.ts';

test('an instant needs a zone and a real date', () => {
  expect(parseInstant('2026-01-15T18:00:00Z')).toBe(1_768_500_000_000_000);
  expect(parseInstant('2026-01-15T13:00:00.5-05:00')).toBe(1_768_500_000_500_000);
  for (const bad of ['2026-01-15', '2026-01-15T18:00:00', '2026-13-15T18:00:00Z', 'now', '1999-12-31T00:00:00Z']) {
    expect(() => parseInstant(bad)).toThrow('It must');
  }
});

test('numbers keep to their limits', () => {
  expect(parseWhole(1, 5)('5')).toBe(5);
  for (const bad of ['0', '6', '1.5', '', 'x', '-1']) expect(() => parseWhole(1, 5)(bad)).toThrow('whole number');
  expect(parsePositive(10)('0.5')).toBe(0.5);
  for (const bad of ['0', '-1', '11', '', 'NaN']) expect(() => parsePositive(10)(bad)).toThrow('above 0');
  expect([parseTroubleEvery('0'), parseTroubleEvery('20')]).toEqual([0, 20]);
  expect(() => parseTroubleEvery('19')).toThrow('from 20');
  expect(() => parseDatabase('a`b')).toThrow('letters');
});

test('the address comes from the flag, then the environment', () => {
  expect(findUrl('mysql://a@b', { MYSQL_URL: 'mysql://c@d' })).toBe('mysql://a@b');
  expect(findUrl(undefined, { MYSQL_URL: 'mysql://c@d' })).toBe('mysql://c@d');
  expect(() => findUrl(undefined, {})).toThrow('no MySQL to write to');
  expect(() => findUrl('http://x', {})).toThrow('not of the form');
  expect(() => findUrl(undefined, { MYSQL_URL_FILE: '/nonexistent' })).toThrow('MYSQL_URL_FILE');
});
