import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  avroConverter,
  type Pipeline,
  preparePipeline,
  registerConnector,
  type Stack,
  startStack,
} from '@overlay/infra';
import { Database } from '@overlay/storage';
import type mysql from 'mysql2/promise';
import { changesOf } from './kit/log.ts';
import {
  connectSource,
  expectSameRows,
  makeTypesSource,
  rowsOfLog,
  untilMarked,
  writeHistory,
} from './kit/types-history.ts';

const ROWS = 600;
const SNAPSHOT_ROWS = 100;
const SEED = Number(process.env.OVERLAY_SEED ?? Date.now() % 1_000_000);
const DATABASE = 'typed';
const SOURCES = ['json', 'avro'] as const;
const REPOSITORY = join(import.meta.dirname, '..', '..');

let stack: Stack;
let source: mysql.Connection;
const records = new Map<string, Database>();
const pipelines: Pipeline[] = [];

beforeAll(async () => {
  process.stdout.write(`types in Avro: OVERLAY_SEED=${SEED}\n`);
  stack = await startStack({ name: `avro-${process.pid}`, connectPlugins: ['avro-converter'] });
  const { user, password, host, port } = stack.mysql;
  const url = new URL(`mysql://${user}:${password}@${host}:${port}/`);
  await makeTypesSource(url.href, DATABASE, SEED, SNAPSHOT_ROWS);
  source = await connectSource(new URL(`/${DATABASE}`, url).href);
  for (const name of SOURCES) await startCapture(name);
}, 240_000);
afterAll(async () => {
  await Promise.all(pipelines.map((pipeline) => pipeline.stop()));
  await Promise.all([...records.values()].map((record) => record.close()));
  await source?.end();
  await stack?.stop();
}, 120_000);

/** The template of the connector's settings for Avro, filled in. */
function avroSettings(): Record<string, string> {
  const template = readFileSync(join(REPOSITORY, 'debezium-connect', 'mysql-connector-avro.json'), 'utf8');
  const registry = new URL('/apis/registry/v2', stack.registry.url).href;
  return JSON.parse(template.replaceAll(/\$\{registry\}/g, registry));
}

/** Captures the same database once more, under this name, into a record of its own. */
async function startCapture(name: (typeof SOURCES)[number]): Promise<void> {
  const owner = new Database(stack.postgres.url, 1);
  await owner.query(`create database ${name}_record`);
  await owner.close();
  const overrides = name === 'avro' ? avroSettings() : {};
  await registerConnector(stack, { source: name, database: DATABASE, overrides });
  const postgresUrl = new URL(`/${name}_record`, stack.postgres.url).href;
  const pipeline = await preparePipeline(stack, {
    source: name,
    mysqlDatabase: DATABASE,
    postgresUrl,
    packDirectory: join(REPOSITORY, 'packs', 'pharmacy'),
    directory: mkdtempSync(join(tmpdir(), `overlay-types-${name}-`)),
    registersConnector: false,
    environment: { TOPIC_PREFIX: `${name}.` },
  });
  pipelines.push(pipeline);
  records.set(name, new Database(postgresUrl, 2));
  pipeline.start('normalizer');
}

const recordOf = (name: string): Database => records.get(name) as Database;

/** What the log says of each change, without what names the source or tells when it was captured. */
async function changes(name: string): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const { body, table } of changesOf(recordOf(name), name)) {
    const {
      eventId: _id,
      source: from,
      transactionId,
      timestamp,
      metadata,
      sequence: _sequence,
      ...event
    } = JSON.parse(body);
    const when = metadata.snapshot ? {} : { transactionId, timestamp, metadata };
    if (table === 'original') all.push(JSON.stringify({ ...event, ...when, key: from.primaryKey }));
  }
  return all;
}

test('every value of every type comes through Avro and the registry as it comes through JSON, and as MySQL has it', async () => {
  expect(avroSettings()).toMatchObject(avroConverter(stack.registry.url));
  await writeHistory(source, SEED, SNAPSHOT_ROWS + 1, ROWS);
  for (const [mark, name] of SOURCES.entries()) await untilMarked(source, recordOf(name), name, mark);
  await expectSameRows(await rowsOfLog(recordOf('avro'), 'avro'), source);
  const [json, avro] = [await changes('json'), await changes('avro')];
  expect(json.length).toBeGreaterThan(ROWS);
  expect(avro).toEqual(json);
}, 300_000);
