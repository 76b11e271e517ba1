import { canonicalJson } from '@overlay/evidence';
import { floatText, numberText } from './float-text.ts';
import { jsonText } from './json-text.ts';
import type { RawColumn } from './raw-image.ts';

/** A column value as it travels from here on. */
export type Value = string | boolean | null;

/** A value that does not fit its column's type. Holds no value, only the column and what was expected. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/**
 * Values whose JSON, as the connector writes it, is their canonical text already: a whole number but for quotes around it, a decimal or a text as it is,
 * where it is written as one.
 */
type Form = 'whole' | 'decimal' | 'text';

/** Turns a column's raw value into text; throws a {@link ValueError} when it does not fit. `docs/reference/values.md` has the table. */
export interface ToValue {
  (raw: unknown): Value;
  readonly form?: Form;
}

/** What a converter is chosen by. */
export type ColumnType = Pick<RawColumn, 'name' | 'type' | 'length' | 'scale'> &
  Partial<Pick<RawColumn, 'labels' | 'charset'>>;

/** The converter for a column, chosen once per table definition. Null stays null whatever the type. */
export function converterOf(column: ColumnType): ToValue {
  const convert = convertersByType.find(([pattern]) => pattern.test(column.type))?.[1] ?? (() => plain);
  const toValue = convert(column);
  const form = FORMS.get(toValue);
  const converter: ToValue = (raw) => {
    if (raw === null || raw === undefined) return null;
    const value = attempt(toValue, raw);
    if (value === undefined)
      throw new ValueError(`column ${column.name}: ${typeof raw} does not fit type ${column.type}`);
    return value;
  };
  return form ? Object.assign(converter, { form }) : converter;
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
  if (raw === null || raw === undefined) return null;
  const value = attempt((known) => plain(known) ?? canonicalJson(known as never), raw);
  if (value === undefined) throw new ValueError(`a column of no known type: ${typeof raw} has no text`);
  return value;
}

type Convert = (raw: unknown) => Value | undefined;

const bySecondDigits =
  (convert: (raw: unknown, digits: number) => Value | undefined) =>
  ({ length }: ColumnType): Convert =>
  (raw) =>
    convert(raw, length ?? 0);

const convertersByType: readonly (readonly [RegExp, (column: ColumnType) => Convert])[] = [
  [/^(SERIAL|(BIGINT|INT8)\b.* (UNSIGNED|ZEROFILL))/, () => unsignedBig],
  [/^(TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|BOOL)/, () => whole],
  [/^YEAR/, () => year],
  [/^BIT/, () => bits],
  [/^FLOAT4?\b/, (column) => (isSingle(column) ? single : double)],
  [/^(DOUBLE|FLOAT8|REAL)/, () => double],
  [/^(DECIMAL|NUMERIC|FIXED|DEC\b)/, () => decimal],
  [/^DATETIME/, bySecondDigits(dateTime)],
  [/^TIMESTAMP/, bySecondDigits(timestamp)],
  [/^DATE/, () => date],
  [/^TIME/, bySecondDigits(time)],
  [/^JSON/, () => (raw) => (typeof raw === 'string' ? jsonText(raw) : undefined)],
  [/^VECTOR/, () => vector],
  [/^(GEOM|POINT|LINESTRING|POLYGON|MULTI)/, () => geometry],
  [/^(ENUM|SET)/, words],
  [/(CHAR|TEXT|BINARY|BLOB)/, ({ charset }) => (charset === 'binary' ? bytesAsText : text)],
];

/** MySQL's own rule: up to 24 bits of precision, and with a number of decimals in any case, a FLOAT has four bytes. */
export const isSingle = ({ type, length, scale }: Omit<ColumnType, 'name'>): boolean =>
  /^FLOAT4?\b/.test(type) && (scale !== null || (length ?? 0) <= 24);

/** Text and booleans as they are, finite numbers as their shortest text. */
function plain(raw: unknown): Value | undefined {
  if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
  return double(raw);
}

const text: Convert = (raw) => (typeof raw === 'string' ? raw : undefined);

/**
 * From the binary log, the connector gives the words of an ENUM or SET as the DDL spells them, with the backslashes of its escapes, and of an
 * ENUM with one before each comma. The words of a SET have no comma.
 */
function words({ type, labels }: ColumnType): Convert {
  const spelled = (labels ?? []).map((label) => label.slice(1, -1).replaceAll("''", "'"));
  const meant = spelled.map(unescaped);
  const given = spelled.map((label) => label.replaceAll(',', '\\,'));
  const differing = given.map((form, at) => [form, meant[at] ?? form] as const).filter(([form, word]) => form !== word);
  const byForm = new Map(differing.filter(([form]) => !meant.includes(form)));
  if (byForm.size === 0) return text;
  const word = (form: string): string => byForm.get(form) ?? form;
  if (type.startsWith('ENUM')) return (raw) => (typeof raw === 'string' ? word(raw) : undefined);
  return (raw) => (typeof raw === 'string' ? raw.split(',').map(word).join(',') : undefined);
}

const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\u001a' };

/** The text of a string literal of MySQL, without its quotes. */
const unescaped = (literal: string): string =>
  literal.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);

const DIGITS = /^-?\d+$/;

/** What a DDL calls CHARACTER SET binary are bytes to MySQL; to the connector they are text in Latin-1. */
function bytesAsText(raw: unknown): Value | undefined {
  if (typeof raw !== 'string' || /[^\0-\xff]/.test(raw)) return undefined;
  return Buffer.from(raw, 'latin1').toString('base64');
}

/** What a DDL calls BOOLEAN is a number to MySQL; to the connector it is true or false. */
function whole(raw: unknown): Value | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? String(raw) : undefined;
  if (typeof raw === 'string') return DIGITS.test(raw) ? raw : undefined;
  return typeof raw === 'boolean' ? String(Number(raw)) : undefined;
}

const DECIMAL = /^-?\d+(\.\d+)?$/;
const decimal: Convert = (raw) => (typeof raw === 'string' && DECIMAL.test(raw) ? raw : undefined);

/** Bit by bit the same when it is read back. */
const double: Convert = (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? numberText(raw) : undefined);
const single: Convert = (raw) => (typeof raw === 'number' ? floatText(raw) : undefined);

/** Kafka Connect's decimal: two's complement, big-endian, base64; nine bytes hold the largest. Longer text is a number of another mode. */
function unsignedBig(raw: unknown): Value | undefined {
  if (typeof raw === 'number') return raw >= 0 ? whole(raw) : undefined;
  if (typeof raw !== 'string' || raw === '') return undefined;
  if (raw.length > 12) return /^\d+$/.test(raw) ? raw : undefined;
  const bytes = Buffer.from(raw, 'base64');
  const isNegative = (bytes[0] ?? 0x80) > 0x7f;
  return isNegative ? undefined : String(BigInt(`0x${bytes.toString('hex')}`));
}

/** Binary logs count from 1900, so that the year 0, which is none, arrives as 1900, which MySQL does not have. */
function year(raw: unknown): Value | undefined {
  return raw === 1900 ? '0' : whole(raw);
}

/** BIT(1) is a boolean, BIT(n) base64 of little-endian bytes: the unsigned number as text. */
function bits(raw: unknown): Value | undefined {
  if (typeof raw === 'boolean') return raw ? '1' : '0';
  if (typeof raw !== 'string') return undefined;
  const hex = Buffer.from(raw, 'base64').reverse().toString('hex');
  return hex === '' ? '0' : String(BigInt(`0x${hex}`));
}

const FORMS: ReadonlyMap<Convert, Form> = new Map<Convert, Form>([
  [whole, 'whole'],
  [unsignedBig, 'whole'],
  [decimal, 'decimal'],
  [text, 'text'],
]);

const DAY_MS = 86_400_000;
const DAY_S = 86_400;
const SECOND_US = 1_000_000;

function date(raw: unknown): Value | undefined {
  return typeof raw === 'number' && Number.isSafeInteger(raw) ? dayText(raw) : undefined;
}

/** Days that were asked for: rows that follow each other are most often of a few. */
const days = new Map<number, string | undefined>();
const DAYS_MAX = 1000;

/** A day since the epoch as text; undefined for one that MySQL does not have. */
function dayText(day: number): string | undefined {
  const known = days.get(day);
  if (known !== undefined) return known;
  if (days.size >= DAYS_MAX) days.clear();
  const text = fourDigitYear(new Date(day * DAY_MS).toISOString())?.slice(0, 10);
  days.set(day, text);
  return text;
}

/** JavaScript writes years outside of 0 to 9999 with a sign and six digits; MySQL has none of them. */
const fourDigitYear = (iso: string): string | undefined => (iso.length === 24 ? iso : undefined);

/** Epoch milliseconds up to three digits of a second, epoch microseconds above; a local time, so it has no zone. */
function dateTime(raw: unknown, digits: number): Value | undefined {
  const parts = secondsOf(raw, digits > 3 ? SECOND_US : 1000);
  if (!parts) return undefined;
  const [seconds, microseconds] = parts;
  const day = Math.floor(seconds / DAY_S);
  const text = dayText(day);
  return text && `${text} ${clockText(seconds - day * DAY_S)}${fractionText(microseconds, digits)}`;
}

/** A whole number, perhaps as its text, of so many in a second: seconds, and the microseconds after them. */
function secondsOf(raw: unknown, perSecond: number): [seconds: number, microseconds: number] | undefined {
  if (typeof raw === 'string') {
    const [whole, unit] = [BigInt(raw), BigInt(perSecond)];
    const rest = ((whole % unit) + unit) % unit;
    return [Number((whole - rest) / unit), Number(rest) * (SECOND_US / perSecond)];
  }
  if (typeof raw !== 'number' || !Number.isSafeInteger(raw)) return undefined;
  const seconds = Math.floor(raw / perSecond);
  return [seconds, (raw - seconds * perSecond) * (SECOND_US / perSecond)];
}

const two = (part: number): string => (part < 10 ? `0${part}` : String(part));

/** Hours, minutes and seconds; hours may be more than a day has. */
const clockText = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

const fractionText = (microseconds: number, digits: number): string =>
  digits === 0 ? '' : `.${String(microseconds).padStart(6, '0').slice(0, digits)}`;

/** UTC in ISO form; the connector leaves trailing zeros out, the column's digits put them back. */
function timestamp(raw: unknown, digits: number): Value | undefined {
  const match = typeof raw === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(raw) : null;
  if (!match) return undefined;
  return `${match[1]}${digits === 0 ? '' : `.${(match[2] ?? '').padEnd(digits, '0').slice(0, digits)}`}Z`;
}

/** Signed microseconds, up to ±838:59:59.999999. */
function time(raw: unknown, digits: number): Value | undefined {
  const parts = typeof raw === 'number' ? secondsOf(Math.abs(raw), SECOND_US) : undefined;
  return parts && `${Number(raw) < 0 ? '-' : ''}${clockText(parts[0])}${fractionText(parts[1], digits)}`;
}

/** A list of single-precision numbers, as JSON. */
function vector(raw: unknown): Value | undefined {
  if (!Array.isArray(raw)) return undefined;
  const numbers = raw.map((each: unknown) => (typeof each === 'number' ? floatText(each) : undefined));
  return numbers.includes(undefined) ? undefined : `[${numbers.join(',')}]`;
}

function geometry(raw: unknown): Value | undefined {
  if (typeof raw !== 'object' || raw === null || !('wkb' in raw) || typeof raw.wkb !== 'string') return undefined;
  const srid = 'srid' in raw && typeof raw.srid === 'number' ? raw.srid : 0;
  return `SRID=${srid};${raw.wkb}`;
}
