import type { Random } from '../kit/random.ts';

const two = (number: number): string => String(number).padStart(2, '0');
const date = (random: Random): string =>
  `${random.whole(1970, 2090)}-${two(random.whole(1, 12))}-${two(random.whole(1, 28))}`;
const clock = (random: Random): string =>
  `${two(random.whole(0, 23))}:${two(random.whole(0, 59))}:${two(random.whole(0, 59))}`;
const digits = (random: Random, count: number): string => String(random.whole(0, 10 ** count - 1)).padStart(count, '0');

/** Bytes whose last is not 0: MySQL takes zeros from the end of a BINARY. */
const bytes = (random: Random, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, at) => random.whole(at === count - 1 ? 1 : 0, 255)));

/** How each column of `wide` gets a value, at times one at a limit of its type. */
const COLUMNS: Readonly<Record<string, (random: Random) => unknown>> = {
  t: (random) => random.pick([-128, 127, random.whole(-100, 100)]),
  su: (random) => random.pick([0, 65_535, random.whole(1, 9999)]),
  m: (random) => random.pick([-8_388_608, 8_388_607, 0]),
  i: (random) => random.pick([0, 4_294_967_295, random.whole(1, 1e9)]),
  b: (random) => random.pick(['-9223372036854775808', '9223372036854775807', '9007199254740993', '0']),
  bu: (random) => random.pick(['18446744073709551615', '9223372036854775808', '0', '1']),
  d: (random) =>
    random.pick(['-99999999999999999999.9999999999', '0.0000000001', `${random.whole(0, 1e9)}.5000000000`]),
  f: (random) => random.whole(-4000, 4000) / 4,
  db: (random) => random.pick([1.7976931348623157e308, 5e-324, 0.1, -1 / 3, random.next()]),
  bit1: (random) => random.whole(0, 1),
  bit20: (random) => random.whole(0, 2 ** 20 - 1),
  y: (random) => random.pick([1901, 2155, 2026]),
  da: (random) => random.pick(['1000-01-01', '9999-12-31', date(random)]),
  dt: (random) => random.pick(['1000-01-01 00:00:00', `${date(random)} ${clock(random)}`]),
  dt3: (random) => `${date(random)} ${clock(random)}.${digits(random, 3)}`,
  dt6: (random) => random.pick(['9999-12-31 23:59:59.499999', `${date(random)} ${clock(random)}.${digits(random, 6)}`]),
  ts: (random) =>
    random.pick([
      '1970-01-01 00:00:01.000000',
      '2038-01-19 03:14:07.499999',
      `2026-05-05 ${clock(random)}.${digits(random, 6)}`,
    ]),
  ti: (random) => random.pick(['-838:59:59', '838:59:59', clock(random), `-${clock(random)}`]),
  ti6: (random) => random.pick(['-838:59:58.999999', '00:00:00.000001', `${clock(random)}.${digits(random, 6)}`]),
  c: (random) => random.pick(['', 'ten chars!', 'ÄÖÜ']),
  v: (random) => random.pick(['', 'quote " back \\ slash', 'line\nbreak\ttab', `🦊 ${random.whole(0, 999)}`, '\u2028']),
  latin: (random) => random.pick(['ÄÖÜ ß', 'plain', '€']),
  tx: (random) => 'text '.repeat(random.whole(0, 200)),
  bi: (random) => bytes(random, 8),
  vb: (random) => bytes(random, random.whole(1, 50)),
  bl: (random) => bytes(random, random.whole(1, 400)),
  e: (random) => random.pick(['red', "gre'en", 'blue']),
  s: (random) => random.pick(['', 'a', 'a,c', 'a,b,c']),
  j: (random) =>
    random.pick(['{"a":[1,2.5,null],"b":{"c":" x : y "}}', '[]', '"text"', 'true', '12345678901234567890']),
};

/** Values for all columns of `wide` but its id and its mark; a twentieth of them is null. */
export const wideRow = (random: Random): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(COLUMNS).map(([name, value]) => [name, random.chance(0.05) ? null : value(random)]),
  );
