import { expect, test } from '@jest/globals';
import { history } from './business.ts';
import { optionsOf } from './testing/small.ts';
import type { TroubleMark } from './transaction.ts';
import { makeTruthCollector } from './truth.ts';

const piece = (adjust_id: number, isLast: boolean): TroubleMark => ({
  id: 'theft-1',
  family: 'branch',
  kind: 'after_hours_theft',
  entity: { type: 'branch', id: 3 },
  branch_id: 3,
  weight: 5,
  isAnomaly: true,
  unit: 'units',
  keys: { adjust_id },
  isLast,
});

test('the pieces of one trouble become one truth, at its last piece', () => {
  const collector = makeTruthCollector();
  expect(collector.add(piece(1, false), 1_000_000)).toBeUndefined();
  expect(collector.unfinished()).toHaveLength(1);
  expect(collector.add(piece(2, true), 2_000_001)).toEqual({
    id: 'theft-1',
    family: 'branch',
    kind: 'after_hours_theft',
    isAnomaly: true,
    entity: { type: 'branch', id: 3 },
    branch_id: 3,
    window: { from: '1970-01-01T00:00:01.000000Z', to: '1970-01-01T00:00:02.000001Z' },
    intensity: 10,
    intensity_unit: 'units',
    transactions: [
      { at: '1970-01-01T00:00:01.000000Z', adjust_id: 1 },
      { at: '1970-01-01T00:00:02.000001Z', adjust_id: 2 },
    ],
  });
  expect(collector.unfinished()).toEqual([]);
});

test('a history leaves no truth open', () => {
  const collector = makeTruthCollector();
  const ids: string[] = [];
  for (const { at, trouble } of history(
    optionsOf(Date.UTC(2026, 0, 15, 18) * 1000, { seed: '7', days: 9, salesPerDay: 20 }),
  )) {
    const truth = trouble && collector.add(trouble, Number(at));
    if (truth) ids.push(truth.id);
  }
  expect(collector.unfinished()).toEqual([]);
  expect(ids).toHaveLength(9);
  expect(new Set(ids).size).toBe(9);
});
