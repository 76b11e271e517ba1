import { expect, test } from '@jest/globals';
import { isDue } from './due.ts';

const at = (text: string): number => Date.parse(`2026-11-${text}Z`);

test.each([
  ['the time has come since', '20T02:31:00', '21T02:30:00', true],
  ['the time of today is yet to come', '20T02:31:00', '21T02:29:59', false],
  ['it was made after the last time', '21T02:30:00', '21T23:00:00', false],
  ['a day was missed', '19T02:31:00', '21T00:00:00', true],
  ['the program began a moment ago', '21T09:00:00', '21T09:00:01', false],
])('%s', (_, since, now, due) => {
  expect(isDue('02:30', at(since), at(now))).toBe(due);
});
