import { type AvroReader, makeAvroReader, type Naming } from './avro.ts';
import { readDebezium, unreadable } from './debezium.ts';
import type { RawRecord } from './raw-record.ts';

/** The wire format of Confluent's serializers: a zero byte, the schema's id in four bytes, big-endian, then Avro. No JSON begins so. */
const HEADER_BYTES = 5;

export const isFramed = (value: Buffer): boolean => value[0] === 0;

/** The schema's id of a framed value; undefined when there is not even room for one. */
export const schemaIdOf = (value: Buffer): number | undefined =>
  value.length < HEADER_BYTES ? undefined : value.readUInt32BE(1);

/**
 * How to read the records of one Avro schema, made by Debezium's MySQL connector with field names that are adjusted by `avro_unicode`.
 * Undefined when the text is no Avro schema. The image of a row is the same as from JSON.
 */
export function makeDebeziumAvro(schema: string): AvroReader | undefined {
  try {
    return makeAvroReader(JSON.parse(schema), naming);
  } catch {
    return undefined;
  }
}

/** Reads one framed value. Never throws: what cannot be read comes back as `unreadable`, with a detail that holds no values. */
export function parseDebeziumAvro(value: Buffer, readers: ReadonlyMap<number, AvroReader>): RawRecord {
  const id = schemaIdOf(value);
  if (id === undefined) return unreadable('raw.not_avro', 'the value is too short for the id of a schema');
  const read = readers.get(id);
  if (!read) return unreadable('raw.not_avro', `the registry has no Avro schema ${id}`);
  const atDefault = new Set<string>();
  const record = decoded(read, value.subarray(HEADER_BYTES), atDefault);
  if (record === undefined) return unreadable('raw.not_avro', `the value does not fit schema ${id}`);
  const raw = readDebezium(record);
  return 'after' in raw && atDefault.size > 0 ? { ...raw, atDefault: [...atDefault] } : raw;
}

/** Undefined for bytes that do not fit the reader's schema. */
function decoded(read: AvroReader, bytes: Buffer, atDefault: Set<string>): unknown {
  try {
    return read(bytes, atDefault);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

const naming: Naming = {
  // Avro names have letters, digits and underscores alone: the connector writes any other character, and the underscore, as `_uXXXX`.
  nameOf: (field) =>
    field.replace(/_u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  // Images of rows: of a column with a default, the converter writes that for null too.
  notesDefaults: (record) => record === 'Value',
};
