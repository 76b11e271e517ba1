import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countTail, logGamma, studentTail, zOfSurprise } from './tails.ts';

/** Expected values from scipy 1.15 (gammaln, nbinom.sf, t.sf, norm.isf). */
const near = (actual: number, expected: number, digits = 1e-11) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    digits * Math.max(Math.abs(expected), 1e-300) + 1e-15 * digits,
  );

test.each([
  [0.3, 1.0957979948180756],
  [2.5, 0.2846828704729192],
  [10, 12.801827480081469],
  [171.2, 707.60092684767],
  [1e5, 1051287.7089736569],
])('log gamma of %d', (x, value) => near(logGamma(x), value));

test.each([
  [1, 0.6, 30, 0.019481625599106878],
  [3, 0.6, 30, 1.4101578743693398e-5],
  [5, 0.6, 30, 1.2163304683806655e-8],
  [7, 0.6, 30, 1.1144227262748684e-11],
  [3, 2.5, 1.7, 0.20538439818746076],
  [40, 5, 0.5, 0.0001857780716830789],
  [0, 1, 1, 1],
])('%d or more of a count with shape %d and rate %d', (count, shape, rate, p) =>
  near(countTail(count, shape, rate), p),
);

test.each([
  [0, 5, 0.5],
  [1, 5, 0.18160873382456144],
  [-1, 5, 0.8183912661754386],
  [4.9, 20, 4.3262433961034656e-5],
  [8, 50, 8.316483014160684e-11],
  [12, 20.5, 4.962581004939113e-11],
  [30, 3, 4.067640213581979e-5],
])("Student's t above %d with %d degrees of freedom", (t, degrees, p) => near(studentTail(t, degrees), p, 1e-10));

test.each([
  [0.1, -1.3096177994584925],
  [Math.LN2, 0],
  [1, 0.33747496376420244],
  [3, 1.6469217205277145],
  [6.6, 2.9976458834558906],
  [10, 3.913946240531893],
  [50, 9.674825283612355],
  [400, 28.13335550854244],
  [700, 37.295079632647415],
])('a surprise of %d nats as z', (surprise, z) => near(zOfSurprise(surprise), z, 1e-12));

const ROUNDING = 1e-10;

test('more is always stranger', () => {
  const level = fc.double({ min: 0.01, max: 5000, noNaN: true });
  fc.assert(
    fc.property(level, level, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      // Neighbouring doubles may change places in their last digits.
      expect(zOfSurprise(low)).toBeLessThanOrEqual(zOfSurprise(high) + ROUNDING);
      expect(studentTail(low, 7) * (1 + ROUNDING)).toBeGreaterThanOrEqual(studentTail(high, 7));
      expect(countTail(Math.floor(low), 2, 3) * (1 + ROUNDING)).toBeGreaterThanOrEqual(
        countTail(Math.floor(high), 2, 3),
      );
    }),
  );
});
