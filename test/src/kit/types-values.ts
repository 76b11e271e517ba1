import type { Random } from './random.ts';
import { quoted, realSql, unicode } from './types-kinds.ts';

export type Value = (random: Random) => string;

const big = (random: Random, bits: number): bigint => {
  let value = 0n;
  for (let left = bits; left > 0; left -= 16) value = (value << 16n) | BigInt(random.whole(0, 65_535));
  return BigInt.asUintN(random.whole(1, bits), value);
};

/** Whole numbers of so many bits: limits, powers of two and their neighbours, anything. */
export const signed =
  (bits: number): Value =>
  (random) => {
    const top = 2n ** BigInt(bits - 1);
    const near = 2n ** BigInt(random.whole(0, bits - 2)) + BigInt(random.whole(-1, 1));
    return String(random.pick([-top, top - 1n, 0n, -1n, near, -near, BigInt.asIntN(bits, big(random, bits))]));
  };
export const unsigned =
  (bits: number): Value =>
  (random) => {
    const top = 2n ** BigInt(bits) - 1n;
    const near = 2n ** BigInt(random.whole(1, bits - 1)) + BigInt(random.whole(-1, 1));
    return String(random.pick([top, 0n, top - 1n, near, big(random, bits)]));
  };

const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.whole(0, 9)).join('');
export const decimals =
  (precision: number, scale: number): Value =>
  (random) => {
    const most = precision - scale;
    const before = random.pick([0, Math.min(1, most), most, random.whole(0, most)]);
    const after = random.pick([0, 1, scale, random.whole(0, scale)]);
    const number = random.chance(0.2)
      ? `${'9'.repeat(precision - scale)}.${'9'.repeat(scale)}`
      : `${digits(random, before) || '0'}.${digits(random, Math.min(after, scale)) || '0'}`;
    return `${random.pick(['', '-'])}${number}`;
  };

const doubleOf = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const anyDouble = (random: Random): number => {
  const value = random.pick([
    doubleOf((big(random, 32) << 32n) | big(random, 32)),
    random.next(),
    random.whole(-1e9, 1e9) / 1000,
    random.pick([-0, 0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2, 2 ** 53 + 2, 1e21, 1e22]),
  ]);
  return Number.isFinite(value) ? value * random.pick([1, -1]) : -0;
};
export const doubles: Value = (random) => realSql(anyDouble(random));
export const singles: Value = (random) => {
  const limits = [-0, 1.401298464324817e-45, 1.1754943508222875e-38, 3.4028234663852886e38, 16_777_217, 0.1];
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(big(random, 32)));
  const value = random.pick([...limits, view.getFloat32(0), Math.fround(random.next())]);
  return realSql(Number.isFinite(value) ? value : -0);
};

const two = (number: number): string => String(number).padStart(2, '0');
const fraction = (random: Random, count: number): string =>
  count === 0 ? '' : `.${random.pick(['0'.repeat(count), '9'.repeat(count), digits(random, count)])}`;
export const day = (random: Random): string => {
  const year = random.pick([1, 44, 999, 1000, 1581, 1583, 1969, 1970, 2000, 2255, 2256, 9999, random.whole(1, 9999)]);
  return `${String(year).padStart(4, '0')}-${two(random.whole(1, 12))}-${two(random.whole(1, 28))}`;
};
const clock = (random: Random): string =>
  random.pick([
    '00:00:00',
    '23:59:59',
    `${two(random.whole(0, 23))}:${two(random.whole(0, 59))}:${two(random.whole(0, 59))}`,
  ]);
/** The last digit of a second is not rounded into the year 10000. */
export const dateTimes =
  (count: number): Value =>
  (random) =>
    quoted(`${day(random)} ${clock(random)}${fraction(random, count)}`);
export const instants =
  (count: number): Value =>
  (random) =>
    quoted(
      random.pick([
        `1970-01-01 00:00:01${fraction(random, count)}`,
        `2038-01-19 03:14:07${fraction(random, count)}`,
        `${random.whole(1971, 2037)}-${two(random.whole(1, 12))}-${two(random.whole(1, 28))} ${clock(random)}${fraction(random, count)}`,
      ]),
    );
export const times =
  (count: number): Value =>
  (random) => {
    const most = count === 0 ? '838:59:59' : `838:59:58${fraction(random, count)}`;
    const any = `${two(random.whole(0, 837))}:${two(random.whole(0, 59))}:${two(random.whole(0, 59))}${fraction(random, count)}`;
    return quoted(`${random.pick(['', '-'])}${random.pick(['00:00:00', most, '838:59:59', any])}`);
  };

export const ASCII = [
  'a',
  'Z',
  '0',
  ' ',
  '\0',
  '\n',
  '\r',
  '\t',
  '\u001a',
  '\u0001',
  '\u001f',
  '\u007f',
  "'",
  '"',
  '\\',
  '\\u0000',
  '%',
  ':',
  ',',
  '{',
];
export const LATIN = [...ASCII, 'ä', 'ß', 'ÿ', '€', '¿', '\u00a0'];
export const WIDE = [...LATIN, '中', 'ॐ', '\u2028', '\ufeff', '\uffff', 'é', 'ﷺ'];
export const ALL = [...WIDE, '😀', '🧪', '👩‍⚕️', '\u{10ffff}', '\u{10000}'];
/** The connector takes a byte order mark from the beginning of text in UTF-16 and the like. */
export const isNoMark = (character: string): boolean => character !== '\ufeff';
export const NO_MARK = ALL.filter(isNoMark);
/** Text of at most `most` characters of the alphabet; a CHAR loses the spaces at its end, so it gets none. */
const someText = (random: Random, alphabet: readonly string[], most: number): string => {
  const length = random.pick([0, 1, random.whole(0, most)]);
  return [...Array.from({ length }, () => random.pick(alphabet)).join('')].slice(0, most).join('');
};
export const texts =
  (alphabet: readonly string[], most: number): Value =>
  (random) =>
    unicode(someText(random, alphabet, most));
export const chars =
  (alphabet: readonly string[], most: number): Value =>
  (random) =>
    unicode(someText(random, alphabet, most).trimEnd());
export const binary =
  (most: number): Value =>
  (random) => {
    const length = random.pick([0, 1, most, random.whole(0, most)]);
    return `X'${Array.from({ length }, () => random.pick(['00', 'ff', two(random.whole(0, 9)), random.whole(16, 255).toString(16)])).join('')}'`;
  };

export const LABELS = [
  'plain',
  'with, comma',
  "with 'quotes'",
  'ümlaut',
  'back\\slash',
  'new\nline',
  "all \\, \\n '",
  '\t',
];
export const MEMBERS = ['a', 'b b', 'ü', "d'd", 'e\\e', 'f\nf'];
export const labels: Value = (random) => random.pick(LABELS.map(unicode));
export const members: Value = (random) => unicode(MEMBERS.filter(() => random.chance(0.5)).join(','));
export const enumDdl = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(', ');

/** Whole numbers that JSON has as double precision between 2^53 and 2^64 come without their fraction: `docs/reference/values.md`. */
const jsonNumber = (random: Random): string => {
  const real = anyDouble(random);
  const isPlain = Number.isInteger(real) && Math.abs(real) < 2 ** 64;
  const integer = random.pick([signed(64), unsigned(64)])(random);
  return random.pick([integer, isPlain ? '0.5' : real.toExponential(), '-0.0', '1.0', '0.1', '1e300', '1e-300']);
};
const jsonValue = (random: Random, depth: number): string => {
  const kind = depth === 0 ? random.whole(0, 2) : random.whole(0, 4);
  if (kind === 0) return jsonNumber(random);
  if (kind === 1) return JSON.stringify(someText(random, ALL, 12));
  if (kind === 2) return random.pick(['null', 'true', 'false', '""']);
  const items = Array.from({ length: random.whole(0, 4) }, () => jsonValue(random, depth - 1));
  if (kind === 3) return `[${items.join(', ')}]`;
  const keys = [...new Set(items.map(() => someText(random, ALL, 6)))];
  return `{${keys.map((key, at) => `${JSON.stringify(key)}: ${items[at]}`).join(', ')}}`;
};
export const documents: Value = (random) => `cast(${unicode(jsonValue(random, 3))} as json)`;

export const point = (random: Random): string => `${anyDouble(random)} ${random.next()}`;
export const shapes: Value = (random) => {
  const wkt = random.pick([
    `POINT(${point(random)})`,
    `LINESTRING(0 0,${point(random)},1 1)`,
    'POLYGON((0 0,0 3,3 3,3 0,0 0),(1 1,1 2,2 2,2 1,1 1))',
    `MULTIPOINT((${point(random)}),(1 1))`,
    'GEOMETRYCOLLECTION EMPTY',
    `GEOMETRYCOLLECTION(POINT(${point(random)}),MULTILINESTRING((0 0,1 1),(2 2,3 3)))`,
  ]);
  return `st_geomfromtext('${wkt}', ${random.pick([0, 3857])})`;
};
export const places: Value = (random) =>
  `st_geomfromtext('POINT(${random.whole(-90, 90)} ${random.whole(-179, 180)})', 4326)`;
export const vectors: Value = (random) =>
  `X'${Buffer.from(Float32Array.from({ length: 4 }, () => Number(singles(random))).buffer).toString('hex')}'`;
