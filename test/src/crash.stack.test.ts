import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SERVICES, type Service, startProgram } from '@overlay/infra';
import { CRASH_POINTS } from '@overlay/runtime';
import { expectEveryRowRebuilt, expectNothingTwice } from './kit/checks.ts';
import { headsOf, untilCaughtUp } from './kit/record.ts';
import { denseRecords, readTopic } from './kit/topics.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

/**
 * The order in which a stage is made to die: `republish` is passed only by a start that follows a death between landing and noting, so it
 * comes right after one.
 */
const DEATHS = [
  ...CRASH_POINTS.filter((point) => point.startsWith('read.') || point.startsWith('land.')),
  'republish.before',
  'republish.after',
  ...CRASH_POINTS.filter(
    (point) => point.startsWith('publish.') || point.startsWith('note.') || point.startsWith('commit.'),
  ),
] as const;

let world: World;

beforeAll(async () => {
  world = await makeWorld({
    name: 'crash',
    makeSource: makePharmacy,
    // Short sessions, so that the group lets go of a dead member soon; small requests, so that there is a between in publishing.
    environment: { KAFKA_SESSION_MS: '2000', KAFKA_REQUEST_BYTES_MAX: '2000', LOG_LEVEL: 'info' },
  });
});
afterAll(() => world?.close());

test('the order names every crash point once', () => {
  expect([...DEATHS].sort()).toEqual([...CRASH_POINTS].sort());
});

test('each stage is killed at each crash point while traffic flows, and nothing is lost, doubled or out of order', async () => {
  const generate = (command: string, ...options: string[]) =>
    startProgram({
      file: 'generator/src/main.ts',
      arguments: [command, '--database', world.name, '--seed', '11', ...options],
      environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
      log: join(world.directory, 'generator.log'),
    });
  expect(await generate('history', '--days', '1', '--sales-per-day', '200').exited).toEqual({ code: 0, signal: null });
  const traffic = generate('live', '--rate', '60', '--trouble-every', '200');

  const died = await Promise.all(SERVICES.map(dieEverywhere));
  for (const points of died) expect(points).toEqual([...DEATHS]);
  expect((await traffic.stop()).code).toBe(0);
  const last = await untilCaughtUp(world, SERVICES, 600_000);

  await expectEveryRowRebuilt(world);
  await expectNothingTwice(world, last);
  await expectDenseTopics(last);
}, 1_500_000);

/** Starts the service once for each crash point and waits for its death there; gives the points at which it did die by SIGKILL. */
async function dieEverywhere(service: Service): Promise<readonly string[]> {
  const died: string[] = [];
  for (const point of DEATHS) {
    if (point.startsWith('republish.')) await untilOwing(service);
    const program = world.pipeline.start(service, { AUDIT_CRASH_AT: point });
    const { signal } = await program.exited;
    if (signal === 'SIGKILL') died.push(point);
  }
  world.pipeline.start(service); // from here on it lives, so that those after it have something to die over
  return died;
}

/** The service dies after landings until one has left something that is not published: the first of them may hold no record. */
async function untilOwing(service: Service): Promise<void> {
  const isOwing = async (): Promise<boolean> =>
    (await headsOf(world)).some(({ stage, landed, published }) => stage === service && landed > published);
  while (!(await isOwing())) await world.pipeline.start(service, { AUDIT_CRASH_AT: 'land.after_commit' }).exited;
}

async function expectDenseTopics(last: number): Promise<void> {
  const heads = await headsOf(world);
  for (const name of ['transactions', 'business-events', 'anomalies', 'narratives']) {
    const records = denseRecords(await readTopic(`${world.topicPrefix}audit.${name}`, world));
    expect(records.length).toBeGreaterThanOrEqual(last);
  }
  expect(heads.map(({ landed, published }) => landed - published)).toEqual([0, 0, 0, 0]);
}
