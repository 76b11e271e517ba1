import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { converterOf, guessValue, ValueError } from './column-values.ts';
import { floatText } from './float-text.ts';
import { exactText, jsonText, mysqlDoubleText } from './json-text.ts';

const written = (type: string, raw: unknown, length: number | null = null, scale: number | null = null) =>
  converterOf({ name: 'c', type, length, scale })(raw);
const refused = (type: string, raw: unknown) => expect(() => written(type, raw)).toThrow(ValueError);

const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const single = fc.float({ noNaN: true, noDefaultInfinity: true });

test('floating point comes back bit by bit, and no shorter text would do', () => {
  fc.assert(
    fc.property(double, (value) => {
      expect(Object.is(Number(written('DOUBLE', value)), value)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(single, (value) => {
      const text = String(written('FLOAT', value));
      expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
      const digits = Number(text)
        .toExponential()
        .replace(/e.*|\D/g, '').length;
      if (digits > 1) expect(Math.fround(Number(value.toExponential(digits - 2)))).not.toBe(value);
    }),
    { numRuns: 2000 },
  );
});

test('a single-precision number is the same text whether it came as the connector rounds it or as it is', () => {
  expect(floatText(3.4028235e38)).toBe('3.4028235e+38');
  expect(floatText(3.4028234663852886e38)).toBe('3.4028235e+38');
  expect(floatText(1.4e-45)).toBe('1e-45');
  expect(written('FLOAT', 1234.5670166015625, 10, 3)).toBe('1234.567');
  expect(written('FLOAT', 0.1, 53)).toBe('0.1');
  expect(written('FLOAT', 0.30000000000000004, 53)).toBe('0.30000000000000004');
  expect(written('VECTOR', [1.100000023841858, -0])).toBe('[1.1,-0]');
});

test('another name of a type is written as that type', () => {
  expect(written('FLOAT8', 0.1 + 0.2)).toBe('0.30000000000000004');
  expect(written('FLOAT4', 1.100000023841858)).toBe('1.1');
  expect(written('FLOAT UNSIGNED', 1.100000023841858)).toBe('1.1');
  for (const type of ['INT8 UNSIGNED', 'BIGINT UNSIGNED ZEROFILL', 'SERIAL'])
    expect(written(type, 'AP//////////')).toBe('18446744073709551615');
  expect(written('INT8', '-9223372036854775808')).toBe('-9223372036854775808');
  expect(written('DEC UNSIGNED', '1.50')).toBe('1.50');
  expect(written('BOOLEAN', true)).toBe('1');
  const binary = converterOf({ name: 'c', type: 'VARCHAR', length: 9, scale: null, charset: 'binary' });
  expect(binary('\0\x7f\x80\xff')).toBe('AH+A/w==');
  expect(() => binary('€')).toThrow(ValueError);
});

test('whole numbers of every size are their digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const hex = value.toString(16);
      const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
      const signed = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
      expect(written('BIGINT UNSIGNED', signed.toString('base64'))).toBe(String(value));
      const little = Buffer.alloc(8);
      little.writeBigUInt64LE(value);
      expect(written('BIT', little.toString('base64'))).toBe(String(value));
    }),
  );
  expect(written('BIGINT', '-9223372036854775808')).toBe('-9223372036854775808');
  for (const wrong of [-1, 1.5, '/w==', '-9223372036854775808', {}]) refused('BIGINT UNSIGNED', wrong);
  for (const wrong of [1.5, 2 ** 60, 'x', '', Number.NaN]) refused('BIGINT', wrong);
});

test('a local time is the microseconds it was made of, from the year 0 to 9999', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -62_167_219_200_000_000n, max: 253_402_300_799_999_999n }), (micro) => {
      const raw = Number.isSafeInteger(Number(micro)) ? Number(micro) : String(micro);
      const text = String(written('DATETIME', raw, 6));
      const whole = BigInt(Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)) * 1000n;
      expect(whole + BigInt(text.slice(20))).toBe(micro);
    }),
  );
  refused('DATETIME', 253_402_300_800_000);
  refused('DATE', 2_932_897);
  refused('DATE', 0.5);
});

test('a time is the microseconds it was made of, to 838 hours both ways', () => {
  fc.assert(
    fc.property(fc.integer({ min: -3_020_399_999_999, max: 3_020_399_999_999 }), (micro) => {
      const text = String(written('TIME', micro, 6));
      const [, sign, hours, minutes, seconds, fraction] = /^(-?)(\d+):(\d\d):(\d\d)\.(\d{6})$/.exec(text) ?? [];
      const total = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1e6 + Number(fraction);
      expect(Number(`${sign}${total}`)).toBe(micro === 0 ? 0 : micro);
    }),
  );
});

test('the year 0, which the binary log counts as 1900, is 0', () => {
  expect(written('YEAR', 1900)).toBe('0');
  expect(written('YEAR', 1901)).toBe('1901');
  expect(written('YEAR', 2155)).toBe('2155');
});

test('a value of another kind than its type is refused, never guessed at', () => {
  const wrong: [string, unknown][] = [
    ['DOUBLE', Number.POSITIVE_INFINITY],
    ['FLOAT', 1e39],
    ['VECTOR', [1, 1e39]],
    ['VECTOR', ['1']],
    ['DECIMAL', 1.5],
    ['DECIMAL', 'AP8='],
    ['DECIMAL', '1E+3'],
    ['VARCHAR', 7],
    ['ENUM', true],
    ['TIMESTAMP', '+10000-01-01T00:00:00Z'],
    ['JSON', { a: 1 }],
    ['GEOMETRY', 'AQ=='],
    ['SOMETHING NEW', Number.NEGATIVE_INFINITY],
  ];
  for (const [type, raw] of wrong) refused(type, raw);
  expect(() => guessValue(Number.POSITIVE_INFINITY)).toThrow(ValueError);
});

test('JSON loses its spaces and nothing else, also when it is very long', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const known = (_key: string, each: unknown) => (typeof each === 'number' ? 1.5 : each);
      expect(jsonText(JSON.stringify(value, known, 2))).toBe(JSON.stringify(value, known));
    }),
  );
  const long = JSON.stringify({ text: '\\" '.repeat(3_000_000) });
  expect(jsonText(long)).toBe(long);
});

test('a number in JSON that the connector wrote in full is as MySQL writes it; integers and decimals keep their digits', () => {
  for (const [full, mysql] of [
    ['10000000000000159028911097599180468360808563945281389781327557747838772170381060813469985856815104', undefined],
    ['123456789012345677877719597056', '1.2345678901234568e29'],
    ['0.0000000999999999999999954748111825886258685613938723690807819366455078125', '0.0000001'],
    ['0.000100000000000000004792173602385929598312941379845142364501953125', '0.0001'],
    ['12345678.91249999962747097015380859375', '12345678.9125'],
    ['-18446744073709551616', '-1.8446744073709552e19'],
    ['18446744073709551615', undefined],
    ['-9223372036854775808', undefined],
    ['123456789012345678901234567890', undefined],
    ['0.000000000000000000000000000000', undefined],
    ['-12345678901234567890123456789012345.123456789012345678901234567890', undefined],
    ['1.2345678901234568e29', undefined],
  ] as const) {
    expect(jsonText(`{"a":[${full}]}`)).toBe(`{"a":[${mysql ?? full}]}`);
    expect(jsonText(`{"a":"${full}"}`)).toBe(`{"a":"${full}"}`);
  }
  fc.assert(
    fc.property(double, (value) => {
      expect(Object.is(Number(mysqlDoubleText(value)), value)).toBe(true);
      const isBeyondIntegers = !Number.isInteger(value) || Math.abs(value) > 2 ** 64;
      const full = exactText(value);
      if (isBeyondIntegers && full.length > 17) expect(jsonText(full)).toBe(mysqlDoubleText(value));
    }),
  );
});
