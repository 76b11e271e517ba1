import { rawTopic, sourceOfRawTopic } from '@overlay/model';
import type { Input, Message } from '@overlay/streams';
import type { AvroReader } from './avro.ts';
import { isFramed, makeDebeziumAvro, parseDebeziumAvro, schemaIdOf } from './debezium-avro.ts';
import { parseDebeziumJson } from './debezium-json.ts';
import type { RawRecord } from './raw-record.ts';

/** Schemas whose readers are kept: as many as there are versions of tables. More, and they are made anew for each batch. */
const READERS_MAX = 10_000;

/**
 * Reads the raw topics, one for each source, with one partition. Each record says by its first byte how it was written: framed Avro begins
 * with a zero, which no JSON does. So a connector may change its converter at any time.
 */
export function makeRawInput(): Input<RawRecord> {
  const readers = new Map<number, AvroReader>();
  return {
    topicsOf: (sources) => sources.map(rawTopic),
    sourceOf: (topic) => sourceOfRawTopic(topic),
    isDense: false,
    async prepare(registry, messages) {
      const ids = schemaIds(messages);
      if (readers.size + ids.size > READERS_MAX) readers.clear();
      for (const id of ids) {
        const schema = readers.has(id) ? undefined : await registry.avroSchema(id);
        const reader = schema && makeDebeziumAvro(schema);
        if (reader) readers.set(id, reader);
      }
    },
    open:
      () =>
      ({ value }) =>
        value === null ? { kind: 'skip', why: 'tombstone' } : { kind: 'record', record: parseRaw(value, readers) },
  };
}

function schemaIds(messages: readonly Message[]): ReadonlySet<number> {
  const ids = messages.map(({ value }) => (value && isFramed(value) ? schemaIdOf(value) : undefined));
  return new Set(ids.filter((id) => id !== undefined));
}

/** Reads one raw record by its first byte. Never throws. */
export const parseRaw = (value: Buffer, readers: ReadonlyMap<number, AvroReader>): RawRecord =>
  isFramed(value) ? parseDebeziumAvro(value, readers) : parseDebeziumJson(value);
