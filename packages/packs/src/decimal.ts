/** A decimal number as an exact integer of its last digit: 12.50 is 1250 with scale 2. */
interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const FORM = /^([+-]?)(\d+)(?:\.(\d+))?$/;

function parse(value: string): Decimal {
  const match = FORM.exec(value);
  if (!match) throw new RangeError('not a decimal number');
  const [, sign, whole = '', part = ''] = match;
  const units = BigInt(whole + part);
  return { units: sign === '-' ? -units : units, scale: part.length };
}

/**
 * Numbers whose sums a JavaScript number holds exactly, counted in their fourth decimal place: most quantities and prices, and much faster.
 */
const isSmall = (value: string): boolean => SMALL.test(value);
const SMALL = /^-?\d{1,8}(?:\.\d{1,4})?$/;
const SMALL_SCALE = 4;
const SMALLS_MAX = 1000;
const unitsOf = (value: string): number => Math.round(Number(value) * 10 ** SMALL_SCALE);
const scaleOf = (value: string): number => {
  const point = value.indexOf('.');
  return point < 0 ? 0 : value.length - point - 1;
};
/** The units are a multiple of the last place's. */
const printSmall = (units: number, scale: number): string => (units / 10 ** SMALL_SCALE).toFixed(scale);

const raise = ({ units, scale }: Decimal, to: number): bigint => units * 10n ** BigInt(to - scale);

function print({ units, scale }: Decimal): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Exact sum of decimal texts, with as many places as the one that has most; '0' of none. Throws a RangeError on other text. */
export function sum(values: readonly string[]): string {
  if (values.length < SMALLS_MAX && values.every(isSmall)) {
    let [units, scale] = [0, 0];
    for (const value of values) {
      units += unitsOf(value);
      scale = Math.max(scale, scaleOf(value));
    }
    return printSmall(units, scale);
  }
  const decimals = values.map(parse);
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale));
  return print({ units: decimals.reduce((total, decimal) => total + raise(decimal, scale), 0n), scale });
}

/** Exact `a - b` of decimal texts. */
export function minus(a: string, b: string): string {
  if (isSmall(a) && isSmall(b)) return printSmall(unitsOf(a) - unitsOf(b), Math.max(scaleOf(a), scaleOf(b)));
  const [left, right] = [parse(a), parse(b)];
  const scale = Math.max(left.scale, right.scale);
  return print({ units: raise(left, scale) - raise(right, scale), scale });
}

/** Exact `a × b` of decimal texts. */
export function times(a: string, b: string): string {
  const [left, right] = [parse(a), parse(b)];
  return print({ units: left.units * right.units, scale: left.scale + right.scale });
}

/** Whether two decimal texts are the same number: 12.5 and 12.50 are. */
export function isSameAmount(a: string, b: string): boolean {
  if (isSmall(a) && isSmall(b)) return Number(a) === Number(b);
  const [left, right] = [parse(a), parse(b)];
  const scale = Math.max(left.scale, right.scale);
  return raise(left, scale) === raise(right, scale);
}

/** The largest of decimal texts as it stands; null of none. Throws a RangeError on other text. */
export function largest(values: readonly string[]): string | null {
  let most: string | null = null;
  for (const value of values) if (minus(most ?? value, value).startsWith('-') || most === null) most = value;
  return most;
}

/** By how much a decimal text is below another, in percent of that, as {@link percent}; null of nothing. */
export const percentBelow = (value: string, reference: string): string | null =>
  value === reference && !isZero(value) ? NO_PERCENT : percent(minus(reference, value), reference);
const NO_PERCENT = '0.00';

const isZero = (value: string): boolean => parse(value).units === 0n;

/** `part` of `whole` in hundredths, to two places, halves away from zero; null of nothing. */
export function percent(part: string, whole: string): string | null {
  const [of, all] = [parse(part), parse(whole)];
  const scale = Math.max(of.scale, all.scale);
  const [above, below] = [raise(of, scale) * 10_000n, raise(all, scale)];
  if (below === 0n) return null;
  const half = (below < 0n ? -below : below) / 2n;
  const units = (above + (above < 0n ? -half : half)) / below;
  return print({ units, scale: 2 });
}
