import { type ColumnType, isSingle, type ToValue, type Value, ValueError } from './column-values.ts';
import { standInOf } from './doubt.ts';
import { floatText, numberText } from './float-text.ts';
import { jsonText } from './json-text.ts';
import type { RawColumn } from './raw-image.ts';

/**
 * What MySQL is asked for so that a column's value comes whole: its own text, a number that a text would round, or its bytes. `column` is its quoted
 * name in SQL. Instants are in the session's time zone, which has to be UTC.
 */
export function sourceExpression({ type, charset }: ColumnType, column: string): string {
  if (/^BIT/.test(type)) return asText(`(${column} + 0)`);
  if (FLOATING.test(type) || BYTES.test(type) || charset === 'binary') return column;
  if (OWN_BYTES.test(type)) return `hex(${column})`;
  return asText(column);
}

/** MySQL's text of it has 22 characters at most, and some numbers have more. */
const FLOATING = /^(FLOAT|DOUBLE|REAL)/;

const asText = (sql: string): string => `cast(${sql} as char character set utf8mb4)`;

/** Bytes as they are. */
const BYTES = /(BINARY|BLOB)/;
/** Types of which MySQL gives a form of its own: hexadecimal digits keep every bit. */
const OWN_BYTES = /^(GEOM|POINT|LINESTRING|POLYGON|MULTI|VECTOR)/;

/**
 * The converter of what MySQL itself answers for a column (see {@link sourceExpression}; text, floating point as a number, bytes as a Buffer, or null) to the text that the log holds of
 * the same value: what `converterOf` makes of what the connector gives. Of dates that are none it gives what the connector puts in their place.
 */
export function sourceConverterOf(column: RawColumn): ToValue {
  const ofText = (CONVERTERS.find(([pattern]) => pattern.test(column.type))?.[1] ?? (() => text))(column);
  const ofNumber = isSingle(column) ? floatText : numberText;
  const isFloating = FLOATING.test(column.type);
  const convert = (raw: unknown): Value | undefined => {
    if (isFloating) return typeof raw === 'number' ? ofNumber(raw) : undefined;
    return typeof raw === 'string' ? ofText(raw) : undefined;
  };
  return (raw) => {
    if (raw === null || raw === undefined) return null;
    if (Buffer.isBuffer(raw)) return raw.toString('base64');
    const value = convert(raw);
    if (value === undefined)
      throw new ValueError(`column ${column.name}: MySQL's answer does not fit type ${column.type}`);
    return value;
  };
}

type Convert = (text: string) => Value | undefined;

const text: Convert = (raw) => raw;

const CONVERTERS: readonly (readonly [RegExp, (column: RawColumn) => Convert])[] = [
  // A ZEROFILL comes with its zeros, the year 0 with four of them.
  [/^(SERIAL|TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|BOOL|YEAR|DECIMAL|NUMERIC|FIXED|DEC\b)/, () => unpadded],
  [/^DATETIME|^DATE$/, (column) => dated(column, text)],
  [/^TIMESTAMP/, (column) => dated(column, (raw) => `${raw.replace(' ', 'T')}Z`)],
  [/^JSON/, () => jsonText],
  [/^VECTOR/, () => vector],
  [OWN_BYTES, () => geometry],
];

const unpadded: Convert = (raw) => raw.replace(/^(-?)0+(?=\d)/, '$1');

/** The connector gives null for a date that is none, or what stands in for it where the column allows no null; for the year 0 as well. */
function dated(column: RawColumn, convert: Convert): Convert {
  const standIn = column.isNullable ? null : standInOf(column);
  return (raw) => (/^0000|-00/.test(raw) ? standIn : convert(raw));
}

const SINGLE_BYTES = 4;

function vector(hex: string): Value {
  const bytes = Buffer.from(hex, 'hex');
  const numbers = Array.from({ length: bytes.length / SINGLE_BYTES }, (_, at) =>
    floatText(bytes.readFloatLE(at * SINGLE_BYTES)),
  );
  return `[${numbers.join(',')}]`;
}

/** The SRID, little-endian, and the well-known binary. */
function geometry(hex: string): Value | undefined {
  const bytes = Buffer.from(hex, 'hex');
  return bytes.length > SINGLE_BYTES
    ? `SRID=${bytes.readUInt32LE(0)};${bytes.subarray(SINGLE_BYTES).toString('base64')}`
    : undefined;
}

/**
 * What two texts of one value have in common, for a type that has several: the words of a SET stand in the order of the definition under which they were
 * chosen, and a whole number in JSON may have lost its `.0`. Undefined: a value of the type has one text.
 */
export function likenessOf({ type }: Pick<ColumnType, 'type'>): ((text: string) => string) | undefined {
  if (type.startsWith('SET')) return (words) => words.split(',').sort().join(',');
  if (type.startsWith('JSON'))
    return (json) => json.replaceAll(/"(?:[^"\\]|\\.)*"|(-?\d+)\.0(?![\d])/gs, (token, whole) => whole ?? token);
  return undefined;
}
