import { readFileSync } from 'node:fs';
import type { AvroReader } from '../avro.ts';
import { makeDebeziumAvro } from '../debezium-avro.ts';

const read = (name: string): string => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8').trim();

/** Every type of MySQL 9.7 at its limits, as Debezium 3.6.1 wrote it in JSON: definitions, a transaction for each row, DDL. */
export const typesInJson = (): readonly Buffer[] =>
  read('types-3.6.1.json.jsonl')
    .split('\n')
    .map((line) => Buffer.from(line));

/** The same transactions in Avro, framed. */
export const typesInAvro = (): readonly Buffer[] =>
  read('types-3.6.1.avro.jsonl')
    .split('\n')
    .map((line) => Buffer.from(JSON.parse(line), 'base64'));

/** Readers for the schemas of these, by id. */
export const avroReaders = (): ReadonlyMap<number, AvroReader> => {
  const schemas = JSON.parse(read('types-3.6.1.avro-schemas.json')) as Record<string, string>;
  const readers = Object.entries(schemas).map(([id, schema]) => [Number(id), makeDebeziumAvro(schema)] as const);
  return new Map(readers.filter((entry): entry is [number, AvroReader] => entry[1] !== undefined));
};
