import { expect, test } from '@jest/globals';
import { valuesOf } from '@overlay/canonical';
import { ChangeEvent } from '@overlay/model';
import fc from 'fast-check';
import { makeDebeziumJson } from './debezium-json.ts';
import { typesInJson } from './testing/golden.ts';
import { bodiesOf, runFold } from './testing/run-golden.ts';

const parseDebeziumJson = makeDebeziumJson();

const records = typesInJson();
const bodies = bodiesOf(runFold(records.map(parseDebeziumJson)).out, 'transaction');
const events = bodies.map((body) => ChangeEvent.parse(JSON.parse(body)));
const eventsOf = (table: string) => events.filter(({ source }) => source.table === table);
const afterOf = (table: string, id: string) => eventsOf(table).find(({ after }) => after?.id === id);

const row = (
  records.find((record) => record.includes('"table":"defaults"') && record.includes('"op":"c"')) ?? ''
).toString();
const codeOf = (value: string | Buffer) => {
  const record = parseDebeziumJson(value);
  return record.kind === 'unreadable' ? record.fault.code : record.kind;
};

test('values that the connector replaces by others are told: zero dates where no null is allowed, letters that it does not know', () => {
  const zero = afterOf('dates', '1');
  expect(zero?.metadata.doubtful).toEqual(['dn', 'dt0n', 'dtn', 'ts0n', 'tsn']);
  expect(zero?.after).toMatchObject({ d: null, dn: '1970-01-01', tsn: '2000-01-01T00:00:00.000000Z', y: '0', yn: '0' });
  expect(afterOf('dates', '7')?.metadata.doubtful).toBeUndefined();
  expect(afterOf('texts', '1')?.metadata.doubtful).toEqual(['l1']);
  expect(afterOf('docs', '2')?.metadata.doubtful).toEqual(['j']);
  expect(afterOf('nums', '1')?.metadata.doubtful).toBeUndefined();
});

test('the golden record of every type is as it was in MySQL', () => {
  expect(afterOf('nums', '3')?.after).toMatchObject({
    b64: '18446744073709551615',
    bu: '9223372036854775808',
    d: '1.7976931348623157e+308',
    f: '1e-45',
    f10: '0.001',
    ser: '18446744073709551615',
  });
  expect(afterOf('nums', '1')?.after).toMatchObject({
    d: '-0',
    re: '-0',
    f: '3.4028235e+38',
    bu: '18446744073709551615',
  });
  expect(afterOf('vecs', '1')?.after).toEqual({ id: '1', v: '[1.1,-0,3.4028235e+38]', w: '[0.1]' });
  expect(JSON.parse(bodies.find((body) => body.includes('"table":"odd"')) ?? '').after).toEqual(
    JSON.parse(
      '{"10":"1","2":"2","__proto__":"p","a b":"4","a_b":"6","a_u0031":"8","abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd":"11","constructor":"3","gi":"36","gs":"27","gv":"18","id":"9","inv":"10","x.y":"7","ä":"5"}',
    ),
  );
  expect(afterOf('docs', '1')?.after?.j).toContain(
    '"b":1e100,"c":1.0,"d":0.0000001,"e":12345678901234567890,"f":1.2345678901234568e29',
  );
  expect(Object.prototype).not.toHaveProperty('op');
});

test('a whole number keeps every digit, wherever it stands in a row, and other long numbers are left alone', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
      fc.constantFrom(1e-20, 1.7976931348623157e308),
      (whole, real) => {
        for (const written of [
          row.replace('"n":0', `"n":${whole},"real":${real},"text":"${whole}: \\\\\\""`),
          `{${row.slice(row.indexOf('"source"'), -1)},"before":null,"after":{"n":${whole},"real":${real},"text":"${whole}: \\\\\\""}}`,
        ]) {
          const record = parseDebeziumJson(written);
          if (record.kind !== 'row') throw new Error(`${record.kind}: ${written}`);
          const after = valuesOf(record.after ?? {});
          expect(String(after.n)).toBe(String(whole));
          expect(after.real).toBe(real);
          expect(after.text).toBe(`${whole}: \\"`);
        }
      },
    ),
  );
});

test('a key that stands twice is not read, at any depth, in any order', () => {
  for (const twice of [
    row.replace('"n":0', '"n":0,"n":1'),
    row.replace('"n":0', '"n":0 , "n" : 0'),
    row.replace('"n":0', '"place":{"wkb":"","wkb":"AA=="}'),
    row.replace('"before":null', '"before":null,"before":{}'),
    row.replace('"op":"c"', '"op":"c","op":"d"'),
    row.replace('"gtid":', '"gtid":null,"gtid":'),
    row.replace('"total_order":', '"total_order":7,"total_order":'),
    row.replace('"n":0', '"__proto__":0,"__proto__":0'),
    row.replace('"n":0', '"a\\u0062":0,"ab":0'),
  ])
    expect([twice, codeOf(twice)]).toEqual([twice, 'raw.not_json']);
  expect(codeOf(row.replace('"n":0', '"n":":\\":{\\",[\\\\"'))).toBe('row');
});

test('what is no JSON behind the images is not read', () => {
  expect(codeOf(row)).toBe('row');
  for (const wrong of [
    row.replace(/"pos":/, '"pos":0'),
    row.replace(/"ts_ms":/g, '"ts_ms":0'),
    row.replace(/"total_order":/, '"total_order":0'),
    row.replace('"db":"', '"db":"\n'),
    row.replace('"gtid":"', '"gtid":"\u0001'),
  ])
    expect([wrong, codeOf(wrong)]).toEqual([wrong, 'raw.not_json']);
});

test('what is nested deeper than any record is not read', () => {
  const deep = (depth: number) => row.replace('"n":0', `"n":${'['.repeat(depth)}${']'.repeat(depth)}`);
  expect(codeOf(deep(20))).toBe('row');
  expect(codeOf(deep(10_000))).toBe('raw.not_json');
  expect(codeOf(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)).toBe('raw.not_json');
  expect(codeOf('['.repeat(10_000_000))).toBe('raw.not_json');
});

test('what is cut off anywhere is not read, nor what is no UTF-8, nor a byte that begins nothing', () => {
  for (const record of records.filter((_, index) => index % 9 === 0)) {
    for (let end = 0; end < record.length; end += 1 + Math.floor(record.length / 500))
      expect(codeOf(record.subarray(0, end))).toBe('raw.not_json');
  }
  expect(codeOf(Buffer.concat([Buffer.from(row.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]))).toBe(
    'raw.not_json',
  );
  for (let byte = 1; byte < 256; byte++) expect(codeOf(Buffer.from([byte, 0, 0, 0, 1, 2]))).toBe('raw.not_json');
});

test('a change without its source, place or transaction is not read, nor is a number that is none', () => {
  for (const wrong of [
    row.replace(/"source":\{[^}]*\}/, '"source":null'),
    row.replace(/"source":\{[^}]*\},/, ''),
    row.replace(/"file":"[^"]*"/, '"file":null'),
    row.replace(/"pos":\d+/, '"pos":1e400'),
    row.replace(/"pos":\d+/, '"pos":1.5'),
    row.replace(/"ts_us":\d+/, '"ts_us":1e400'),
    row.replace(/"connector":"mysql"/, '"connector":7'),
    row.replace(/"total_order":\d+/, '"total_order":1e400'),
    row.replace(/"total_order":\d+/, '"total_order":"1"'),
    row.replace(/"transaction":\{[^}]*\}/, '"transaction":null'),
    row.replace('"op":"c"', '"op":"__proto__"'),
    row.replace('"op":"c"', '"op":"constructor"'),
    row.replace('"op":"c"', '"op":"d"'),
    row.replace(/"after":\{[^}]*\}/, '"after":[]'),
    row.replace(/"after":\{[^}]*\}/, '"after":null'),
    '{"__proto__":{"op":"c"}}',
    '[]',
    'null',
    '7',
  ]) {
    expect([wrong, codeOf(wrong)]).toEqual([wrong, 'raw.unknown_shape']);
  }
});
