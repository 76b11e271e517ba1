import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageText, keyText } from './image-text.ts';
import { planOf, shapeGiven } from './table-definition.ts';
import { column } from './testing/column.ts';
import { ImageShape, valuesOf, WrittenImage } from './written-image.ts';

/** JSON as the connector writes it, by type: what is its own canonical text, and what is not. */
const VALUES: readonly (readonly [type: string, json: fc.Arbitrary<string>])[] = [
  ['INT', fc.integer().map(String)],
  ['INT', fc.constantFrom('-0', '0', '-7', '"12"', '1.5', '1e3')],
  ['BIGINT', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
  ['BIGINT UNSIGNED', fc.constantFrom('0', '9007199254740993', '"AP//////////"', '-1')],
  ['DECIMAL', fc.constantFrom('"0.10"', '"-12.50"', '"7"', '"-"', '"1."', '".5"', '""', '12')],
  ['VARCHAR', fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => JSON.stringify(text))],
  ['VARCHAR', fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => JSON.stringify(text))],
  ['VARCHAR', fc.constantFrom('1', 'true', '"a\\"b\\\\c\\nd"', '"\\/"', '"\\u0001"', '"\u2028\u007f"')],
  ['DATE', fc.integer({ min: -700_000, max: 2_900_000 }).map(String)],
  ['DATETIME', fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 }).map(String)],
  ['TIMESTAMP', fc.constantFrom('"2026-01-05T08:00:00Z"', '"1970-01-01T00:00:00.5Z"')],
  ['DOUBLE', fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => JSON.stringify(value))],
  ['BIT', fc.constantFrom('true', 'false', '"BQ=="')],
  ['JSON', fc.json().map((text) => JSON.stringify(text))],
];

const NAMES = ['id', 'ä', '10', 'a b', '__proto__', 'constructor', 'total', 'quantity_on_hand'];

const table = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .constantFrom(...VALUES)
          .chain(([type, json]) =>
            fc.record({ name: fc.constant(name), type: fc.constant(type), json: fc.oneof(json, fc.constant('null')) }),
          ),
      ),
    ),
  );

const attempt = (write: () => string | undefined): string => {
  try {
    return String(write());
  } catch (thrown) {
    return `refused: ${thrown}`;
  }
};

test('an image has the same text, key and values where it is written as where it was read', () => {
  let written = 0;
  fc.assert(
    fc.property(table, fc.boolean(), (columns, isMore) => {
      const names = columns.map(({ name }) => name);
      const text = `{${columns.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join()}}`;
      const bytes = Buffer.from(`..${text},"source"`);
      const image = new ImageShape(names).read(bytes, 2);
      if (!image) return expect(text).toMatch(/\\[u/]/);
      written++;
      expect(bytes.toString('utf8', 2, image.end)).toBe(text);
      const values = valuesOf(image);
      expect(Object.keys(values).toSorted()).toEqual(names.toSorted());
      for (const name of names) expect(image.value(name)).toEqual(Object.getOwnPropertyDescriptor(values, name)?.value);
      const known = columns.map(({ name, type }) => column(type, { name, length: type === 'DATETIME' ? 0 : null }));
      const all = isMore ? [...known, column('INT', { name: 'more' })] : known;
      const plan = planOf({ version: 1, ...shapeGiven({ columns: all, key: names.slice(0, 1) }) });
      for (const write of [imageText, keyText])
        expect(attempt(() => write(image, plan))).toBe(attempt(() => write(values, plan)));
    }),
    { numRuns: 2000 },
  );
  expect(written).toBeGreaterThan(1000);
});

test('bytes that are not the JSON of an image are none', () => {
  const shape = new ImageShape(['id', 'name', 'note']);
  const text = '{"id":-12.5e+3,"name":"a\\"\\\\b \u00e4 c","note":null}';
  const whole = shape.read(Buffer.from(text), 0);
  expect(whole && valuesOf(whole)).toEqual(JSON.parse(text));
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(2), fc.string({ unit: 'binary-ascii', maxLength: 2 }), (at, cut, put) => {
      const bytes = Buffer.from(text.slice(0, at) + put + text.slice(at + cut));
      const image = shape.read(bytes, 0);
      if (!image) return;
      expect(image).toBeInstanceOf(WrittenImage);
      expect(valuesOf(image)).toEqual(JSON.parse(bytes.toString('utf8', 0, image.end)));
    }),
    { numRuns: 5000 },
  );
});

test('an image that is longer than any page is read', () => {
  const text = JSON.stringify({ note: 'x'.repeat(1_000_000) });
  const image = new ImageShape(['note']).read(Buffer.from(text), 0);
  const plan = planOf({ version: 1, ...shapeGiven({ columns: [column('LONGTEXT', { name: 'note' })], key: [] }) });
  expect(image && imageText(image, plan)).toBe(text);
});
