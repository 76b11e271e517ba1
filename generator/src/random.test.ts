import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeRandom, makeSampler, zipfWeights } from './random.ts';

const mean = (count: number, draw: () => number): number =>
  Array.from({ length: count }, draw).reduce((sum, each) => sum + each, 0) / count;

test('the same seed draws the same, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (seed, label) => {
      const [a, b] = [makeRandom(seed), makeRandom(seed)];
      for (let draw = 0; draw < 20; draw += 1) expect(a.unit()).toBe(b.unit());
      expect(a.fork(label).integer(0, 1e9)).toBe(b.fork(label).integer(0, 1e9));
    }),
  );
});

test('the first draws of seed 7 are what they always were', () => {
  const random = makeRandom('7');
  expect([random.integer(0, 999), random.integer(0, 999), random.fork('a').integer(0, 999)]).toMatchInlineSnapshot(`
[
  607,
  898,
  739,
]
`);
});

test('a fork does not move its parent', () => {
  const [forked, plain] = [makeRandom('s'), makeRandom('s')];
  forked.fork('child').unit();
  expect(forked.unit()).toBe(plain.unit());
});

test('draws stay in their range', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: -50, max: 50 }), fc.nat(50), (seed, low, width) => {
      const random = makeRandom(seed);
      const drawn = random.integer(low, low + width);
      expect(drawn).toBeGreaterThanOrEqual(low);
      expect(drawn).toBeLessThanOrEqual(low + width);
      expect(random.shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
    }),
  );
});

test('samplers have the mean they promise', () => {
  const random = makeRandom('means');
  expect(mean(20_000, random.unit)).toBeCloseTo(0.5, 1);
  expect(mean(20_000, random.normal)).toBeCloseTo(0, 1);
  expect(mean(20_000, () => random.around1(4))).toBeCloseTo(1, 1);
  for (const expected of [0.3, 5, 47]) {
    expect(Math.abs(mean(20_000, () => random.poisson(expected)) / expected - 1)).toBeLessThan(0.05);
  }
  const sampler = makeSampler([1, 0, 3]);
  expect(mean(20_000, () => sampler(random)) / 2).toBeCloseTo(0.75, 1);
});

test('Zipf weights fall and sum to 1', () => {
  const weights = zipfWeights(500, 1.05, 10);
  expect(weights.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 10);
  expect(weights).toEqual([...weights].sort((a, b) => b - a));
});
