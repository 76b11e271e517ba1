import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSameAmount, minus, percent, sum, times } from './decimal.ts';

test('decimal text is computed exactly', () => {
  expect(sum(['0.10', '0.2', '-3'])).toBe('-2.70');
  expect(sum([])).toBe('0');
  expect(minus('50', '98')).toBe('-48');
  expect(minus('0.05', '0.1')).toBe('-0.05');
  expect(times('3', '12.50')).toBe('37.50');
  expect(sum(['99999999999999999999.99', '0.01'])).toBe('100000000000000000000.00');
  expect(isSameAmount('12.5', '12.500')).toBe(true);
  expect(isSameAmount('-0.00', '0')).toBe(true);
  expect(isSameAmount('12.5', '12.51')).toBe(false);
});

test.each(['', 'abc', '1e5', '1.', '.5', '0x1', 'NaN', '1 '])('%j is no decimal number', (text) => {
  expect(() => sum([text])).toThrow(RangeError);
});

test('adding and taking away again gives the same amount, whatever the order', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 12 }))
    .map(([units, scale]) => {
      const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
      const whole = digits.slice(0, digits.length - scale);
      return `${units < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
    });
  fc.assert(
    fc.property(decimal, decimal, decimal, (a, b, c) => {
      expect(isSameAmount(minus(sum([a, b]), b), a)).toBe(true);
      expect(sum([a, b, c])).toBe(sum([c, a, b]));
      expect(isSameAmount(times(a, sum([b, c])), sum([times(a, b), times(a, c)]))).toBe(true);
    }),
  );
});

test('percent is rounded to two places, halves away from zero', () => {
  expect(percent('-1.00', '3.10')).toBe('-32.26');
  expect(percent('1', '8')).toBe('12.50');
  expect(percent('0.00005', '1')).toBe('0.01');
  expect(percent('-0.00005', '1')).toBe('-0.01');
  expect(percent('3', '-8')).toBe('-37.50');
  expect(percent('3', '0.00')).toBeNull();
  expect(() => percent('3', 'all')).toThrow(RangeError);
});

test('whole numbers are computed as exactly as others', () => {
  const whole = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n });
  fc.assert(
    fc.property(whole, whole, (a, b) => {
      expect(minus(`${a}`, `${b}`)).toBe(`${a - b}`);
      expect(sum([`${a}`, `${b}`])).toBe(`${a + b}`);
      expect(isSameAmount(`${a}`, `${b}`)).toBe(a === b);
    }),
  );
  expect([minus('-0', '0'), sum(['-0']), minus('007', '2')]).toEqual(['0', '0', '5']);
});

test('so are prices', () => {
  const units = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n });
  const places = fc.integer({ min: 1, max: 5 });
  const textOf = (value: bigint, scale: number): string => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
  fc.assert(
    fc.property(fc.array(units, { minLength: 1, maxLength: 20 }), places, (values, scale) => {
      const [first = 0n, second = 0n] = values;
      expect(sum(values.map((value) => textOf(value, scale)))).toBe(
        textOf(
          values.reduce((total, value) => total + value, 0n),
          scale,
        ),
      );
      expect(minus(textOf(first, scale), textOf(second, scale))).toBe(textOf(first - second, scale));
    }),
    { numRuns: 1000 },
  );
  expect([sum(['1.5', '2', '0.25']), minus('0.10', '0.1'), minus('-0.0', '0')]).toEqual(['3.75', '0.00', '0.0']);
});
