import { readFileSync } from 'node:fs';
import type { AvroReader } from '../avro.ts';
import { makeDebeziumAvro } from '../debezium-avro.ts';

const linesOf = (name: string): readonly string[] =>
  readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

/** Every type of MySQL 9.7 at its limits, as Debezium 3.6.1 wrote it in JSON: definitions, a transaction for each row, DDL. */
export const typesInJson = (): readonly Buffer[] => linesOf('types-3.6.1.json.jsonl').map((line) => Buffer.from(line));

/** The same transactions in Avro, framed. */
export const typesInAvro = (): readonly Buffer[] =>
  linesOf('types-3.6.1.avro.jsonl').map((line) => Buffer.from(JSON.parse(line), 'base64'));

/** A small shop: a snapshot, transactions of every kind, DDL. */
export const shopInJson = (): readonly Buffer[] =>
  linesOf('debezium-mysql-3.6.1.jsonl').map((line) => Buffer.from(JSON.parse(line).value));

/** Readers for the schemas of the records in Avro, by id. */
export const avroReaders = (): ReadonlyMap<number, AvroReader> => {
  const schemas = JSON.parse(linesOf('types-3.6.1.avro-schemas.json').join('\n')) as Record<string, string>;
  const readers = Object.entries(schemas).map(([id, schema]) => [Number(id), makeDebeziumAvro(schema)] as const);
  return new Map(readers.filter((entry): entry is [number, AvroReader] => entry[1] !== undefined));
};
