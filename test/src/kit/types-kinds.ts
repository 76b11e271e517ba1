/** How a value of a type is written as SQL, how MySQL is asked for it, and what the log must then say. */
export interface TypeKind {
  /** SQL over the column's name that says all of its value; `undefined` for the plain column, read in MySQL's binary protocol. */
  readonly ask?: (column: string) => string;
  /** Whether the log's text is what MySQL answered. */
  readonly isSame: (text: string, answer: unknown) => boolean;
  /** What two texts of one value have in common, where it is not all of them. */
  readonly normal?: (text: string) => string;
  /** SQL that writes the log's text back. */
  readonly write: (text: string) => string;
}

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const hexOf = (text: string): string => Buffer.from(text, 'utf8').toString('hex');
export const quoted = (text: string): string => `'${text}'`;
const asChar = (column: string): string => `cast(${column} as char)`;
export const unicode = (text: string): string => `convert(X'${hexOf(text)}' using utf8mb4)`;

const exact = (write: (text: string) => string): TypeKind => ({
  ask: asChar,
  isSame: (text, answer) => text === answer,
  write,
});

/** Whole numbers are written as numbers: to a YEAR the text '0' means 2000, to a BIT it is a character. */
export const whole: TypeKind = { ...exact((text) => text), ask: (column) => asChar(`${column} + 0`) };
export const decimal = exact(quoted);
export const local = exact(quoted);
export const instant: TypeKind = {
  ask: asChar,
  isSame: (text, answer) => text === `${String(answer).replace(' ', 'T')}Z`,
  write: (text) => quoted(text.replace('T', ' ').replace('Z', '')),
};
export const double: TypeKind = { isSame: (text, answer) => Object.is(Number(text), answer), write: quoted };
/** A literal with an exponent is double precision to MySQL, and only that has a negative zero. */
export const realSql = (value: number): string => (Object.is(value, -0) ? '-0e0' : value.toExponential());
/** MySQL takes the shortest text of the largest number for too large: it reads it in double precision. */
export const single: TypeKind = {
  isSame: (text, answer) => Object.is(Math.fround(Number(text)), answer),
  write: (text) => realSql(Math.fround(Number(text))),
};
export const text: TypeKind = {
  ask: (column) => `hex(convert(${column} using utf8mb4))`,
  isSame: (text, answer) => hexOf(text).toUpperCase() === answer,
  write: unicode,
};
/** A renumbering DDL puts the words of what is there into another order without telling of any row. */
const wordsOf = (list: string): string => list.split(',').sort().join(',');
export const set: TypeKind = {
  ...text,
  normal: wordsOf,
  isSame: (text, answer) => wordsOf(text) === wordsOf(Buffer.from(String(answer), 'hex').toString('utf8')),
};
export const bytes: TypeKind = {
  ask: (column) => `hex(${column})`,
  isSame: (text, answer) => Buffer.from(text, 'base64').toString('hex').toUpperCase() === answer,
  write: (text) => `X'${Buffer.from(text, 'base64').toString('hex')}'`,
};
export const json: TypeKind = {
  ask: (column) => `convert(${column} using utf8mb4)`,
  isSame: (text, answer) => text === String(answer).replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1'),
  write: (text) => `cast(${unicode(text)} as json)`,
};
const splitGeometry = (text: string): { readonly srid: number; readonly wkb: Buffer } => {
  const [, srid = '', wkb = ''] = /^SRID=(\d+);(.*)$/.exec(text) ?? [];
  return { srid: Number(srid), wkb: Buffer.from(wkb, 'base64') };
};
/** MySQL's own bytes of a geometry: the SRID, little-endian, and the well-known binary. */
export const geometry: TypeKind = {
  ask: (column) => `hex(${column})`,
  isSame: (text, answer) => {
    const own = Buffer.from(String(answer), 'hex');
    const { srid, wkb } = splitGeometry(text);
    return own.readUInt32LE(0) === srid && own.subarray(4).equals(wkb);
  },
  write: (text) => {
    const { srid, wkb } = splitGeometry(text);
    return `st_geomfromwkb(X'${wkb.toString('hex')}', ${srid}, 'axis-order=long-lat')`;
  },
};
const vectorBytes = (text: string): string =>
  Buffer.from(Float32Array.from(JSON.parse(text) as number[]).buffer)
    .toString('hex')
    .toUpperCase();
export const vector: TypeKind = {
  ask: (column) => `hex(${column})`,
  isSame: (text, answer) => vectorBytes(text) === answer,
  write: (text) => `X'${vectorBytes(text)}'`,
};
