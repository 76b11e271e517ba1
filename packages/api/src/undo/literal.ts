import type { ColumnDefinition } from '@overlay/model';

type Value = string | boolean | null;
/** What of a column decides how its values are written. */
type Typed = Pick<ColumnDefinition, 'type' | 'length' | 'scale' | 'charset'>;

/** What stands in the place of a value that was sealed or dropped: it cannot be given back. */
export const isSealed = (value: Value): boolean =>
  typeof value === 'string' && /^(?:(?:token|sealed):[\w-]{22}|\[REDACTED\]|\[ERASED\])$/.test(value);

export const nameSql = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A value, in the text of docs/reference/values.md, as an expression of MySQL that is the same in every SQL mode, with `time_zone` in UTC and names in utf8mb4. */
export function literal(value: Value, column: Typed): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? '1' : '0';
  return (WRITERS.find(([pattern]) => pattern.test(column.type))?.[1] ?? text)(value, column);
}

/** Whether a column has this value and no other one that MySQL takes for equal. */
export const sameSql = (value: Value, column: Typed & { readonly name: string }): string => {
  const isText = /^(ENUM|SET)|CHAR|TEXT/.test(column.type) && column.charset !== 'binary';
  const name = isText
    ? `convert(${nameSql(column.name)} using utf8mb4) collate utf8mb4_0900_bin`
    : nameSql(column.name);
  return `${name} <=> ${literal(value, column)}`;
};

const hexOf = (bytes: Uint8Array): string => `X'${Buffer.from(bytes).toString('hex')}'`;

/** A backslash means other things in other SQL modes; what steers a terminal stands in no statement. */
function text(value: string): string {
  return /[\\\p{C}\p{Zl}\p{Zp}]/u.test(value)
    ? `convert(${hexOf(Buffer.from(value, 'utf8'))} using utf8mb4)`
    : `'${value.replaceAll("'", "''")}'`;
}

const number = (value: string): string => (/^-?\d+(\.\d+)?$/.test(value) ? value : text(value));
const bytes = (value: string): string => hexOf(Buffer.from(value, 'base64'));
const instant = (value: string): string => text(value.replace('T', ' ').replace('Z', ''));

/** MySQL reads a literal with an exponent in double precision, and takes the shortest text of the largest FLOAT for too large. */
function float(value: string, { length, scale }: Typed): string {
  if (scale === null && length !== null && length > 24) return text(value);
  const single = Math.fround(Number(value));
  return Object.is(single, -0) ? '-0e0' : single.toExponential();
}

function geometry(value: string): string {
  const [, srid, wkb] = /^SRID=(\d+);(.*)$/.exec(value) ?? [];
  return srid === undefined || wkb === undefined
    ? text(value)
    : `st_geomfromwkb(${bytes(wkb)}, ${srid}, 'axis-order=long-lat')`;
}

const vector = (value: string): string =>
  hexOf(new Uint8Array(Float32Array.from(JSON.parse(value) as number[]).buffer));

const characters = (value: string, { charset }: Typed): string => (charset === 'binary' ? bytes(value) : text(value));

const WRITERS: readonly (readonly [RegExp, (value: string, column: Typed) => string])[] = [
  [/^(SERIAL|TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|BOOL|YEAR|BIT|DECIMAL|NUMERIC|FIXED|DEC\b)/, number],
  [/^FLOAT4?\b/, float],
  [/^TIMESTAMP/, instant],
  [/^JSON/, (value) => `cast(${text(value)} as json)`],
  [/^VECTOR/, vector],
  [/^(GEOM|POINT|LINESTRING|POLYGON|MULTI)/, geometry],
  [/^(ENUM|SET)/, text],
  [/BINARY|BLOB/, bytes],
  [/CHAR|TEXT/, characters],
];
