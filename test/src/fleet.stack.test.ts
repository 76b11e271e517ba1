import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningProgram, runToEnd, SERVICES } from '@overlay/infra';
import type { Database } from '@overlay/storage';
import { expectEveryRowRebuilt, expectNothingTwice } from './kit/checks.ts';
import { untilCaughtUp } from './kit/record.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

const NAMES = ['fleet_a', 'fleet_b', 'fleet_c'] as const;

/** Three sources; one record and one set of topics takes them all: those of the first. */
let worlds: readonly World[] = [];
let record: Database;

beforeAll(async () => {
  const environment = {
    SOURCES: NAMES.join(','),
    KAFKA_SESSION_MS: '2000',
    TOPIC_PREFIX: 'fleet.',
    TOPIC_PARTITIONS: '2',
  };
  for (const name of NAMES) worlds = [...worlds, await makeWorld({ name, makeSource: makePharmacy, environment })];
  const [first] = worlds;
  if (first) record = first.record;
});
afterAll(() => Promise.all(worlds.map((world) => world.close())));

/** The source as it is, and the record that it shares with the others. */
const sources = (): readonly World[] => worlds.map((world) => ({ ...world, record }));

test('two copies of every service share three sources, also two in one partition; when one copy dies, the other has them all', async () => {
  const pipeline = worlds[0]?.pipeline;
  const startAll = () => SERVICES.map((service) => pipeline?.start(service));
  const first = startAll();
  startAll();
  for (const source of sources()) await trade(source, 'history', '--days', '2', '--sales-per-day', '60');
  for (const source of sources()) await untilCaughtUp(source, SERVICES);

  kill(first);
  for (const source of sources()) await trade(source, 'live', '--rate', '200', '--max-transactions', '100');
  const landed = new Map<string, number>();
  for (const source of sources()) landed.set(source.name, await untilCaughtUp(source, SERVICES));

  for (const source of sources()) {
    await expectEveryRowRebuilt(source);
    await expectNothingTwice(source, landed.get(source.name) ?? Number.NaN);
  }
}, 300_000);

/** Business in a source, written by the generator. */
const trade = ({ name, mysqlUrl, directory }: World, ...words: string[]) =>
  runToEnd({
    file: 'generator/src/main.ts',
    arguments: [...words, '--database', name],
    environment: { MYSQL_URL: new URL('/', mysqlUrl).href },
    log: join(directory, 'generator.log'),
  });

function kill(programs: readonly (RunningProgram | undefined)[]): void {
  expect(programs).not.toContain(undefined);
  for (const program of programs) program?.kill();
}
