import { isUtf8 } from 'node:buffer';

/**
 * Decodes one binary value, all of its bytes. Records become objects, bytes base64 text, whole numbers that a JavaScript number may not
 * hold their text. Throws on bytes that do not fit the schema.
 */
export type AvroReader = (bytes: Buffer, atDefault: Set<string>) => unknown;

/** What a reader asks of those who know what the records are. */
export interface Naming {
  /** The name that a field gets in the object. */
  readonly nameOf: (field: string) => string;
  /** Whether `atDefault` takes the names of the fields of such records that may be null and hold their default. */
  readonly notesDefaults: (record: string) => boolean;
}

/** Makes a reader for a schema (Avro 1.12, parsed JSON). Throws on a schema that is none. */
export function makeAvroReader(schema: unknown, naming: Naming): AvroReader {
  const read = compile(schema, { named: new Map(), namespace: '', ...naming });
  return (bytes, atDefault) => {
    const cursor = { bytes, at: 0, atDefault };
    const value = read(cursor);
    if (cursor.at !== bytes.length) throw new RangeError('bytes are left over');
    return value;
  };
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly atDefault: Set<string>;
}

type Read = (cursor: Cursor) => unknown;

interface Scope extends Naming {
  readonly named: Map<string, Read>;
  readonly namespace: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PRIMITIVES: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ['null', () => null],
  ['boolean', readBoolean],
  ['int', readLong],
  ['long', readLong],
  ['float', (cursor) => cursor.bytes.readFloatLE(skip(cursor, 4))],
  ['double', (cursor) => cursor.bytes.readDoubleLE(skip(cursor, 8))],
  ['bytes', (cursor) => readBytes(cursor, readLength(cursor))],
  ['string', readString],
]);

function compile(schema: unknown, scope: Scope): Read {
  const primitive = PRIMITIVES.get(schema);
  if (primitive) return primitive;
  if (typeof schema === 'string') return reference(schema, scope);
  if (Array.isArray(schema)) return union(schema.map((branch) => compile(branch, scope)));
  if (!isObject(schema)) throw new TypeError('a schema is a name, a list or an object');
  switch (schema.type) {
    case 'record':
      return record(schema, scope);
    case 'enum':
      return choice(schema, scope);
    case 'fixed':
      return fixed(schema, scope);
    case 'array':
      return list(compile(schema.items, scope));
    case 'map':
      return map(compile(schema.values, scope));
    default:
      return compile(schema.type, scope);
  }
}

/** A named type that stands earlier in the schema; looked up when it is read, since a record may hold itself. */
function reference(name: string, { named, namespace }: Scope): Read {
  const fullName = name.includes('.') ? name : qualified(name, namespace);
  if (!named.has(fullName)) throw new TypeError('a schema names a type that it does not hold');
  return (cursor) => (named.get(fullName) as Read)(cursor);
}

const qualified = (name: string, namespace: string): string => (namespace === '' ? name : `${namespace}.${name}`);

/** Notes a named type, and gives the namespace that its parts are named in. */
function define({ name, namespace }: Record<string, unknown>, scope: Scope, read: Read): void {
  scope.named.set(fullNameOf(name, namespace, scope), read);
}

function fullNameOf(name: unknown, namespace: unknown, scope: Scope): string {
  if (typeof name !== 'string') throw new TypeError('a named type has no name');
  if (name.includes('.')) return name;
  return qualified(name, typeof namespace === 'string' ? namespace : scope.namespace);
}

interface Field {
  readonly name: string;
  readonly read: Read;
  /** The default, as it is read, of a field that may be null too, where that is of interest. */
  readonly initial: unknown;
}

function record(schema: Record<string, unknown>, scope: Scope): Read {
  if (!Array.isArray(schema.fields)) throw new TypeError('a record has no fields');
  const fields: Field[] = [];
  const read: Read = (cursor) => {
    const record: Record<string, unknown> = {};
    for (const field of fields) {
      const value = field.read(cursor);
      if (field.name === '__proto__') Object.defineProperty(record, field.name, own(value));
      else record[field.name] = value;
      if (field.initial !== undefined && value === field.initial) cursor.atDefault.add(field.name);
    }
    return record;
  };
  const fullName = fullNameOf(schema.name, schema.namespace, scope);
  scope.named.set(fullName, read);
  const inner = { ...scope, namespace: fullName.slice(0, Math.max(0, fullName.lastIndexOf('.'))) };
  const notesDefaults = scope.notesDefaults(fullName.slice(fullName.lastIndexOf('.') + 1));
  for (const field of schema.fields) {
    if (!isObject(field) || typeof field.name !== 'string') throw new TypeError('a field has no name');
    const name = scope.nameOf(field.name);
    fields.push({ name, read: compile(field.type, inner), initial: notesDefaults ? initialOf(field) : undefined });
  }
  return read;
}

/** Undefined for a field without a default, or with null, or which is never null. Bytes stand in schemas as characters of Latin-1. */
function initialOf({ type, default: initial }: Record<string, unknown>): unknown {
  if (!Array.isArray(type) || !type.includes('null') || initial === null) return undefined;
  const isBytes = isObject(type[0]) ? type[0].type === 'bytes' : type[0] === 'bytes';
  return isBytes && typeof initial === 'string' ? Buffer.from(initial, 'latin1').toString('base64') : initial;
}

const own = (value: unknown) => ({ value, enumerable: true, writable: true, configurable: true });

function choice(schema: Record<string, unknown>, scope: Scope): Read {
  const { symbols } = schema;
  if (!Array.isArray(symbols)) throw new TypeError('an enum has no symbols');
  const read: Read = (cursor) => at(symbols, readLong(cursor));
  define(schema, scope, read);
  return read;
}

function fixed(schema: Record<string, unknown>, scope: Scope): Read {
  const size = schema.size;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new TypeError('a fixed type has no size');
  const read: Read = (cursor) => readBytes(cursor, size);
  define(schema, scope, read);
  return read;
}

const union =
  (branches: readonly Read[]): Read =>
  (cursor) =>
    at(branches, readLong(cursor))(cursor);

function at<Item>(items: readonly Item[], index: number | string): Item {
  if (typeof index === 'string' || index < 0 || index >= items.length) throw new RangeError('no such branch');
  return items[index] as Item;
}

function list(readItem: Read): Read {
  return (cursor) => {
    const items: unknown[] = [];
    for (let count = readCount(cursor); count > 0; count = readCount(cursor)) {
      for (let index = 0; index < count; index++) items.push(readItem(cursor));
    }
    return items;
  };
}

function map(readValue: Read): Read {
  return (cursor) => {
    const values: [string, unknown][] = [];
    for (let count = readCount(cursor); count > 0; count = readCount(cursor)) {
      for (let index = 0; index < count; index++) values.push([readString(cursor), readValue(cursor)]);
    }
    return Object.fromEntries(values);
  };
}

/** Items of the next block, 0 at the end; a negative count is followed by the block's size. No item of Debezium's is empty. */
function readCount(cursor: Cursor): number {
  const written = readLong(cursor);
  if (typeof written === 'string') throw new RangeError('a block is too large');
  if (written < 0) readLong(cursor);
  const count = Math.abs(written);
  if (count > cursor.bytes.length - cursor.at) throw new RangeError('a block has more items than bytes');
  return count;
}

/** The place of the next bytes, which are then taken. */
function skip(cursor: Cursor, length: number): number {
  const start = cursor.at;
  if (length > cursor.bytes.length - start) throw new RangeError('bytes are missing');
  cursor.at = start + length;
  return start;
}

function readLength(cursor: Cursor): number {
  const length = readLong(cursor);
  if (typeof length === 'string' || length < 0) throw new RangeError('a length is none');
  return length;
}

const readBytes = (cursor: Cursor, length: number): string => {
  const start = skip(cursor, length);
  return cursor.bytes.toString('base64', start, start + length);
};

function readString(cursor: Cursor): string {
  const length = readLength(cursor);
  const start = skip(cursor, length);
  const text = cursor.bytes.toString('utf8', start, start + length);
  if (text.includes('\uFFFD') && !isUtf8(cursor.bytes.subarray(start, start + length)))
    throw new RangeError('a string is not UTF-8');
  return text;
}

function readBoolean(cursor: Cursor): boolean {
  const byte = cursor.bytes[skip(cursor, 1)];
  if (byte !== 0 && byte !== 1) throw new RangeError('a boolean is neither');
  return byte === 1;
}

const LONG_BYTES_MAX = 10;
/** Seven bytes of seven bits are a number that needs no care. */
const PLAIN_BYTES_MAX = 7;

/** A zigzag number of up to 64 bits; as text where a JavaScript number may not hold it. */
function readLong(cursor: Cursor): number | string {
  const { bytes } = cursor;
  const start = cursor.at;
  let value = 0;
  let factor = 1;
  for (let index = 0; index < PLAIN_BYTES_MAX; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new RangeError('bytes are missing');
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) {
      cursor.at = start + index + 1;
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }
  return readVeryLong(cursor);
}

function readVeryLong(cursor: Cursor): number | string {
  let value = 0n;
  for (let index = 0; index < LONG_BYTES_MAX; index++) {
    const byte = cursor.bytes[skip(cursor, 1)] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte >= 0x80) continue;
    if (value >> 64n !== 0n) break;
    const whole = (value >> 1n) ^ -(value & 1n);
    const number = Number(whole);
    return Number.isSafeInteger(number) ? number : String(whole);
  }
  throw new RangeError('a number has more than 64 bits');
}
