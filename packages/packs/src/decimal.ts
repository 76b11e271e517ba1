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

const raise = ({ units, scale }: Decimal, to: number): bigint => units * 10n ** BigInt(to - scale);

function print({ units, scale }: Decimal): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Exact sum of decimal texts, with as many places as the one that has most; '0' of none. Throws a RangeError on other text. */
export function sum(values: readonly string[]): string {
  const decimals = values.map(parse);
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale));
  return print({ units: decimals.reduce((total, decimal) => total + raise(decimal, scale), 0n), scale });
}

/** Exact `a - b` of decimal texts. */
export function minus(a: string, b: string): string {
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
  const [left, right] = [parse(a), parse(b)];
  const scale = Math.max(left.scale, right.scale);
  return raise(left, scale) === raise(right, scale);
}
