import { rawTopic, sourceOfRawTopic } from '@overlay/model';
import type { Input, Message, SchemaRegistry } from '@overlay/streams';
import type { AvroReader } from './avro.ts';
import { isFramed, makeDebeziumAvro, parseDebeziumAvro, schemaIdOf } from './debezium-avro.ts';
import { makeDebeziumJson, type ParseJson } from './debezium-json.ts';
import type { RawRecord } from './raw-record.ts';

/** Schemas whose readers are kept: as many as there are versions of tables. Of more, those that were used longest ago are let go. */
const READERS_MAX = 10_000;

type Schemas = Pick<SchemaRegistry, 'avroSchema'>;

/**
 * Reads the raw topics, one for each source, with one partition. Each record says by its first byte how it was written: framed Avro begins
 * with a zero, which no JSON does. So a connector may change its converter at any time.
 */
export function makeRawInput(readersMax = READERS_MAX): Input<RawRecord> {
  /** In the order of their last use. */
  const readers = new Map<number, AvroReader>();
  return {
    topicsOf: (sources) => sources.map(rawTopic),
    sourceOf: (topic) => sourceOfRawTopic(topic),
    isDense: false,
    statementBytesOf: (record) => ('origin' in record ? record.origin.statementBytes : undefined),
    async prepare(registry, messages) {
      const ids = schemaIds(messages);
      for (const id of ids) {
        const reader = readers.get(id) ?? (await readerOf(registry, id));
        readers.delete(id);
        if (reader) readers.set(id, reader);
      }
      for (const id of readers.keys()) {
        if (readers.size <= Math.max(readersMax, ids.size)) break;
        readers.delete(id);
      }
    },
    open() {
      const parseJson = makeDebeziumJson();
      return ({ value }) =>
        value === null
          ? { kind: 'skip', why: 'tombstone' }
          : { kind: 'record', record: parseRaw(value, readers, parseJson) };
    },
  };
}

async function readerOf(registry: Schemas, id: number): Promise<AvroReader | undefined> {
  const schema = await registry.avroSchema(id);
  return schema === undefined ? undefined : makeDebeziumAvro(schema);
}

function schemaIds(messages: readonly Message[]): ReadonlySet<number> {
  const ids = messages.map(({ value }) => (value && isFramed(value) ? schemaIdOf(value) : undefined));
  return new Set(ids.filter((id) => id !== undefined));
}

/** Reads one raw record by its first byte. Never throws. */
export const parseRaw = (value: Buffer, readers: ReadonlyMap<number, AvroReader>, parseJson: ParseJson): RawRecord =>
  isFramed(value) ? parseDebeziumAvro(value, readers) : parseJson(value);
