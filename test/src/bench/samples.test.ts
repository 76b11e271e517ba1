import { expect, test } from '@jest/globals';
import { percentile, type Sample, stretchOf } from './samples.ts';

const sample = (at_ms: number, rows: number, spent_s: number): Sample => ({ at_ms, rows, cpu_s: { service: spent_s } });

test('a stretch begins with the first sample that is warm and ends with the first that has everything', () => {
  const samples = [
    sample(0, 0, 1),
    sample(1000, 90, 2),
    sample(2000, 120, 3),
    sample(4000, 1120, 4),
    sample(9000, 1120, 8),
  ];
  expect(stretchOf(samples, 100, 1120)).toEqual({ rows: 1000, rows_per_s: 500, cpu_us_per_row: { service: 1000 } });
});

test('where everything came at once, the stretch begins with the sample before', () => {
  const samples = [sample(0, 0, 1), sample(1000, 10, 1), sample(3000, 110, 2)];
  expect(stretchOf(samples, 50, 110)).toEqual({ rows: 100, rows_per_s: 50, cpu_us_per_row: { service: 10_000 } });
});

test('samples that never reach the end have no stretch', () => {
  expect(() => stretchOf([sample(0, 0, 1), sample(1, 5, 1)], 1, 10)).toThrow('nothing between 1 and 10');
});

test('a percentile is a value that was measured, and that its share of all is not above', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile([7], 0.99)]).toEqual([100, 198, 7]);
  expect(() => percentile([], 0.5)).toThrow(RangeError);
});
