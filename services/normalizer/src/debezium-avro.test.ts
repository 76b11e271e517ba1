import { expect, test } from '@jest/globals';
import { ChangeEvent } from '@overlay/model';
import { makeAvroReader } from './avro.ts';
import { parseDebeziumAvro } from './debezium-avro.ts';
import { makeDebeziumJson } from './debezium-json.ts';
import { avroReaders, typesInAvro, typesInJson } from './testing/golden.ts';
import { bodiesOf, runFold } from './testing/run-golden.ts';

const parseDebeziumJson = makeDebeziumJson();

const readers = avroReaders();
const inJson = runFold(typesInJson().map(parseDebeziumJson));
const inAvro = runFold(typesInAvro().map((value) => parseDebeziumAvro(value, readers)));

const isOfDefaults = (body: string) => JSON.parse(body).source.table === 'defaults';

test('the same history in Avro and in JSON gives the same records, and every body but those with defaults byte by byte', () => {
  expect(inAvro.refused).toEqual([]);
  expect(inJson.refused).toEqual([]);
  const shape = ({ out }: typeof inJson) => out.map(({ items, ...record }) => ({ ...record, items: items.length }));
  expect(shape(inAvro)).toEqual(shape(inJson));
  const [json, avro] = [bodiesOf(inJson.out), bodiesOf(inAvro.out)];
  expect(json.length).toBe(34);
  expect(avro.filter((body) => !isOfDefaults(body))).toEqual(json.filter((body) => !isOfDefaults(body)));
});

test('a default that may stand for null in Avro is told as doubtful; what is not the default is sure', () => {
  const events = bodiesOf(inAvro.out)
    .filter(isOfDefaults)
    .map((body) => ChangeEvent.parse(JSON.parse(body)));
  const jsonEvents = bodiesOf(inJson.out)
    .filter(isOfDefaults)
    .map((body) => ChangeEvent.parse(JSON.parse(body)));
  expect(jsonEvents[0]?.after).toMatchObject({ id: '1', a: null, b: null, c: null, d: null, e: null });
  expect(jsonEvents[0]?.metadata.doubtful).toBeUndefined();
  expect(events[0]?.after).toMatchObject({ id: '1', a: '0.10', b: '7', c: 'x', d: '2000-01-01 00:00:00', e: 'q' });
  expect(events[0]?.metadata.doubtful).toEqual(['a', 'b', 'c', 'd', 'e']);
  const changed = events.find(({ after }) => after?.e === 'p');
  expect(changed?.metadata.doubtful).toEqual(['a', 'b', 'c', 'd']);
});

test('a value that is cut off anywhere, or has a byte too many, cannot be read', () => {
  for (const value of typesInAvro().filter((_, index) => index % 9 === 0)) {
    for (let end = 0; end < value.length; end++)
      expect(parseDebeziumAvro(value.subarray(0, end), readers).kind).toBe('unreadable');
    expect(parseDebeziumAvro(Buffer.concat([value, Buffer.from([0])]), readers).kind).toBe('unreadable');
  }
});

test('a schema that the registry does not have makes a record unreadable, and the detail names it', () => {
  const [value = Buffer.alloc(0)] = typesInAvro();
  expect(parseDebeziumAvro(value, new Map())).toEqual({
    kind: 'unreadable',
    fault: { code: 'raw.not_avro', detail: `the registry has no Avro schema ${value.readUInt32BE(1)}` },
  });
});

const plain = { nameOf: (field: string) => field, notesDefaults: () => false };
const readOne = (schema: unknown, ...bytes: number[]) => makeAvroReader(schema, plain)(Buffer.from(bytes), new Set());

test('whole numbers keep every digit', () => {
  expect(readOne('long', 0x02)).toBe(1);
  expect(readOne('long', 0x01)).toBe(-1);
  expect(readOne('long', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)).toBe('-9223372036854775808');
  expect(readOne('long', 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)).toBe('9223372036854775807');
  expect(() => readOne('long', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02)).toThrow(RangeError);
});

test('every kind of schema is read, and none trusts a length', () => {
  expect(readOne({ type: 'map', values: 'int' }, 2, 2, 0x61, 4, 0)).toEqual({ a: 2 });
  expect(readOne({ type: 'array', items: 'boolean' }, 3, 4, 1, 0, 0)).toEqual([true, false]);
  expect(readOne({ type: 'enum', name: 'e', symbols: ['x', 'y'] }, 2)).toBe('y');
  expect(readOne({ type: 'fixed', name: 'f', size: 2 }, 0xff, 0xfe)).toBe('//4=');
  const list = { type: 'record', name: 'n.List', fields: [{ name: 'next', type: ['null', 'List'] }] };
  expect(readOne(list, 2, 2, 0)).toEqual({ next: { next: { next: null } } });
  expect(() => readOne({ type: 'array', items: 'null' }, 0xfe, 0xff, 0xff, 0xff, 0x0f)).toThrow(RangeError);
  expect(() => readOne('string', 0xfe, 0xff, 0xff, 0xff, 0x0f)).toThrow(RangeError);
  expect(() => readOne('string', 2, 0xff)).toThrow('a string is not UTF-8');
  expect(() => readOne({ type: 'enum', name: 'e', symbols: ['x'] }, 2)).toThrow(RangeError);
  expect(() => readOne(list, ...Array(1_000_000).fill(2))).toThrow(RangeError);
  for (const wrong of [null, 'nothing', { type: 'record' }, { type: 'enum', name: 'e' }, { type: 'fixed', name: 'f' }])
    expect(() => makeAvroReader(wrong, plain)).toThrow(TypeError);
});
