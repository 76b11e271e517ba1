import { canonicalJson } from '@overlay/evidence';
import type { RawColumn } from './raw-record.ts';

/** A column value as it travels from here on. */
export type Value = string | boolean | null;

/** A value that does not fit its column's type. Holds no value, only the column and what was expected. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** Turns a column's raw value into text; throws a {@link ValueError} when it does not fit. `docs/reference/values.md` has the table. */
export type ToValue = (raw: unknown) => Value;

/** The converter for a column, chosen once per table definition. Null stays null whatever the type. */
export function converterOf(column: RawColumn): ToValue {
  const convert = convertersByType.find(([pattern]) => pattern.test(column.type))?.[1] ?? (() => plain);
  const toValue = convert(column);
  return (raw) => {
    if (raw === null || raw === undefined) return null;
    const value = attempt(toValue, raw);
    if (value === undefined)
      throw new ValueError(`column ${column.name}: ${typeof raw} does not fit type ${column.type}`);
    return value;
  };
}

/** Undefined also where JavaScript itself refuses: no date is that far, no such text is a whole number. */
function attempt(toValue: Convert, raw: unknown): Value | undefined {
  try {
    return toValue(raw);
  } catch (thrown) {
    if (thrown instanceof RangeError || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** For a column of which no definition is known: the value's own text. */
export function guessValue(raw: unknown): Value {
  return raw === null || raw === undefined ? null : (plain(raw) ?? canonicalJson(raw as never));
}

type Convert = (raw: unknown) => Value | undefined;

const convertersByType: readonly (readonly [RegExp, (column: RawColumn) => Convert])[] = [
  [/^BIGINT UNSIGNED/, () => unsignedBig],
  [/^(TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|YEAR|BOOL)/, () => plain],
  [/^BIT/, () => bits],
  [/^(FLOAT|DOUBLE|REAL|DECIMAL|NUMERIC|FIXED)/, () => plain],
  [
    /^DATETIME/,
    ({ length }) =>
      (raw) =>
        dateTime(raw, length ?? 0),
  ],
  [
    /^TIMESTAMP/,
    ({ length }) =>
      (raw) =>
        timestamp(raw, length ?? 0),
  ],
  [/^DATE/, () => date],
  [
    /^TIME/,
    ({ length }) =>
      (raw) =>
        time(raw, length ?? 0),
  ],
  [/^JSON/, () => compactJson],
  [/^VECTOR/, () => vector],
  [/^(GEOM|POINT|LINESTRING|POLYGON|MULTI)/, () => geometry],
];

/** Text as it is; booleans as they are; numbers in JavaScript's shortest form, which reads back bit by bit. */
function plain(raw: unknown): Value | undefined {
  if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (typeof raw === 'number') return Object.is(raw, -0) ? '-0' : String(raw);
  return undefined;
}

/** Kafka Connect's decimal: two's complement, big-endian, base64. */
function unsignedBig(raw: unknown): Value | undefined {
  if (typeof raw === 'number') return String(raw);
  if (typeof raw !== 'string') return undefined;
  const hex = Buffer.from(raw, 'base64').toString('hex');
  return hex === '' ? undefined : String(BigInt(`0x${hex}`));
}

/** BIT(1) is a boolean, BIT(n) base64 of little-endian bytes: the unsigned number as text. */
function bits(raw: unknown): Value | undefined {
  if (typeof raw === 'boolean') return raw ? '1' : '0';
  if (typeof raw !== 'string') return undefined;
  const hex = Buffer.from(raw, 'base64').reverse().toString('hex');
  return hex === '' ? '0' : String(BigInt(`0x${hex}`));
}

const DAY_MS = 86_400_000;
const SECOND_US = 1_000_000n;

function date(raw: unknown): Value | undefined {
  return typeof raw === 'number' ? new Date(raw * DAY_MS).toISOString().slice(0, 10) : undefined;
}

/** Epoch milliseconds up to three digits of a second, epoch microseconds above; a local time, so it has no zone. */
function dateTime(raw: unknown, digits: number): Value | undefined {
  if (typeof raw !== 'number' && typeof raw !== 'string') return undefined;
  const microseconds = digits > 3 ? BigInt(raw) : BigInt(raw) * 1000n;
  const fraction = ((microseconds % SECOND_US) + SECOND_US) % SECOND_US;
  const whole = new Date(Number((microseconds - fraction) / 1000n)).toISOString();
  return `${whole.slice(0, 10)} ${whole.slice(11, 19)}${fractionText(fraction, digits)}`;
}

const fractionText = (microseconds: bigint, digits: number): string =>
  digits === 0 ? '' : `.${String(microseconds).padStart(6, '0').slice(0, digits)}`;

/** UTC in ISO form; the connector leaves trailing zeros out, the column's digits put them back. */
function timestamp(raw: unknown, digits: number): Value | undefined {
  const match = typeof raw === 'string' ? /^(.*T\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(raw) : null;
  if (!match) return undefined;
  return `${match[1]}${digits === 0 ? '' : `.${(match[2] ?? '').padEnd(digits, '0').slice(0, digits)}`}Z`;
}

/** Signed microseconds, up to ±838:59:59.999999. */
function time(raw: unknown, digits: number): Value | undefined {
  if (typeof raw !== 'number') return undefined;
  const microseconds = BigInt(Math.abs(raw));
  const seconds = microseconds / SECOND_US;
  const two = (part: bigint) => String(part).padStart(2, '0');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${raw < 0 ? '-' : ''}${clock}${fractionText(microseconds % SECOND_US, digits)}`;
}

/** MySQL's JSON text without the spaces that a snapshot has and the binary log has not. One pass, whatever the length. */
function compactJson(raw: unknown): Value | undefined {
  if (typeof raw !== 'string') return undefined;
  let compact = '';
  let from = 0;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at];
    if (character === '"') at = endOfString(raw, at);
    else if (character === ' ' || character === '\n' || character === '\t' || character === '\r') {
      compact += raw.slice(from, at);
      from = at + 1;
    }
  }
  return from === 0 ? raw : compact + raw.slice(from);
}

/** The place of the quote that closes the string which opens at `at`; the end of the text when none does. */
function endOfString(text: string, at: number): number {
  let close = text.indexOf('"', at + 1);
  while (close > 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close < 0 ? text.length : close;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** A list of single-precision numbers, as JSON. */
function vector(raw: unknown): Value | undefined {
  return Array.isArray(raw) && raw.every((each) => typeof each === 'number') ? JSON.stringify(raw) : undefined;
}

function geometry(raw: unknown): Value | undefined {
  if (typeof raw !== 'object' || raw === null || !('wkb' in raw) || typeof raw.wkb !== 'string') return undefined;
  const srid = 'srid' in raw && typeof raw.srid === 'number' ? raw.srid : 0;
  return `SRID=${srid};${raw.wkb}`;
}
