import { expect, test } from '@jest/globals';
import { ValueError } from './column-values.ts';
import { likenessOf, sourceConverterOf, sourceExpression } from './source-values.ts';
import { column } from './testing/column.ts';

/** What MySQL 9.7 answers to the expression of a type, and what the log holds of that value. */
test.each([
  ['BIGINT UNSIGNED', {}, '18446744073709551615', '18446744073709551615'],
  ['INT UNSIGNED ZEROFILL', {}, '0000000042', '42'],
  ['INT', {}, '-7', '-7'],
  ['TINYINT', {}, '0', '0'],
  ['DECIMAL', { scale: 2 }, '-0.50', '-0.50'],
  ['DECIMAL UNSIGNED ZEROFILL', { scale: 2 }, '00012.50', '12.50'],
  ['DOUBLE', {}, 2.2250738585072014e-308, '2.2250738585072014e-308'],
  ['DOUBLE', {}, -0, '-0'],
  ['FLOAT', {}, 1.2345678806304932, '1.2345679'],
  ['FLOAT', { length: 53 }, 1.2345678806304932, '1.2345678806304932'],
  ['BIT', { length: 64 }, '18446744073709551615', '18446744073709551615'],
  ['YEAR', {}, '0000', '0'],
  ['DATE', {}, '0044-03-15', '0044-03-15'],
  ['DATETIME', { length: 3 }, '2026-01-02 03:04:05.600', '2026-01-02 03:04:05.600'],
  ['TIMESTAMP', { length: 2 }, '2026-01-02 03:04:05.60', '2026-01-02T03:04:05.60Z'],
  ['TIME', {}, '-838:59:59', '-838:59:59'],
  ['VARCHAR', {}, ' 中文 ', ' 中文 '],
  ['ENUM', { labels: ["'a'"] }, "gre'en", "gre'en"],
  ['JSON', {}, '{"a": [1, 2.5, "x y"]}', '{"a":[1,2.5,"x y"]}'],
  ['VECTOR', {}, 'CDCC8C3F00000080', '[1.1,-0]'],
  ['POINT', {}, 'E6100000010100000000000000000000400000000000000840', 'SRID=4326;AQEAAAAAAAAAAAAAQAAAAAAAAAhA'],
] as const)('%s %j: %s is %s', (type, more, answer, text) => {
  expect(sourceConverterOf(column(type, more))(answer)).toBe(text);
});

test('bytes are base64, whatever the type is called', () => {
  for (const type of ['BLOB', 'VARBINARY', 'TEXT'])
    expect(sourceConverterOf(column(type))(Buffer.from([0, 255]))).toBe('AP8=');
});

test('what is no date is what the connector puts in its place', () => {
  expect(sourceConverterOf(column('DATE'))('0000-00-00')).toBeNull();
  expect(sourceConverterOf(column('DATE', { isNullable: false }))('2026-00-01')).toBe('1970-01-01');
  expect(
    sourceConverterOf(column('DATETIME', { isNullable: false, length: 1, default: '2000-01-01' }))(
      '0000-00-00 00:00:00.0',
    ),
  ).toBe('2000-01-01 00:00:00.0');
  expect(sourceConverterOf(column('TIMESTAMP', { isNullable: false }))('0000-00-00 00:00:00')).toBe(
    '1970-01-01T00:00:00Z',
  );
});

test('null is null, and what MySQL never answers for a type is refused without telling it', () => {
  expect(sourceConverterOf(column('INT'))(null)).toBeNull();
  expect(() => sourceConverterOf(column('POINT'))('00')).toThrow(
    new ValueError("column c: MySQL's answer does not fit type POINT"),
  );
  expect(() => sourceConverterOf(column('INT'))(7)).toThrow(ValueError);
});

test('texts that are one value are alike, and no others', () => {
  const set = likenessOf({ type: 'SET' });
  expect(set?.('c,a')).toBe(set?.('a,c'));
  const json = likenessOf({ type: 'JSON' });
  expect(json?.('{"a":10000000.0,"1.0":"2.0"}')).toBe(json?.('{"a":10000000,"1.0":"2.0"}'));
  expect(json?.('[1.05,"1.0"]')).toBe('[1.05,"1.0"]');
  expect(likenessOf({ type: 'VARCHAR' })).toBeUndefined();
});

test('MySQL is asked for what loses nothing', () => {
  expect(sourceExpression(column('BLOB'), '`c`')).toBe('`c`');
  expect(sourceExpression(column('TEXT', { charset: 'binary' }), '`c`')).toBe('`c`');
  expect(sourceExpression(column('GEOMETRY'), '`c`')).toBe('hex(`c`)');
  expect(sourceExpression(column('DOUBLE'), '`c`')).toBe('`c`');
});
