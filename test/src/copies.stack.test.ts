import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SERVICES, startProgram } from '@overlay/infra';
import { expectEveryRowRebuilt, expectNothingTwice, expectSameBytes } from './kit/checks.ts';
import { untilCaughtUp } from './kit/record.ts';
import { denseRecords, readTopic } from './kit/topics.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeSecondRun, makeWorld, type World } from './kit/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld({
    name: 'copies',
    makeSource: makePharmacy,
    environment: { KAFKA_SESSION_MS: '2000' },
  });
});
afterAll(() => world?.close());

const FROZEN_MS = 6000;

test('a copy takes over from one that is frozen; when that one wakes, it changes nothing', async () => {
  const generate = (...words: string[]) =>
    startProgram({
      file: 'generator/src/main.ts',
      arguments: [...words, '--database', world.name, '--seed', '3'],
      environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
      log: join(world.directory, 'generator.log'),
    });
  expect((await generate('history', '--days', '1', '--sales-per-day', '100').exited).code).toBe(0);
  const traffic = generate('live', '--rate', '60', '--trouble-every', '200');
  const first = new Map(SERVICES.map((service) => [service, world.pipeline.start(service)]));
  await untilCaughtUp(world, SERVICES);
  for (const service of SERVICES) world.pipeline.start(service);
  for (const service of SERVICES) await world.pipeline.port(service);

  for (const program of first.values()) program.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
  const moved = await untilCaughtUp(world, SERVICES);
  for (const program of first.values()) program.kill('SIGCONT');
  await waitFor('traffic after the thaw', async () =>
    (await untilCaughtUp(world, SERVICES)) > moved + 50 ? true : undefined,
  );
  expect((await traffic.stop()).code).toBe(0);
  const last = await untilCaughtUp(world, SERVICES);

  for (const program of first.values()) expect(program.isRunning()).toBe(true);
  await expectEveryRowRebuilt(world);
  await expectNothingTwice(world, last);
  for (const name of ['transactions', 'business-events', 'anomalies', 'narratives']) {
    expect(denseRecords(await readTopic(`${world.topicPrefix}audit.${name}`, world)).length).toBeGreaterThanOrEqual(
      last,
    );
  }
  await Promise.all([...first.values()].map((program) => program.stop()));
}, 300_000);

test('a second run over the same raw topic gives the same ids and bytes', async () => {
  const last = await untilCaughtUp(world, SERVICES);
  const again = await makeSecondRun(world);
  try {
    for (const service of SERVICES) again.pipeline.start(service);
    await waitFor('the second run', async () => {
      const heads = await again.record.query<{ published: string }>('select published from audit.heads');
      const isThere = heads.length === SERVICES.length && heads.every(({ published }) => Number(published) >= last);
      return isThere ? true : undefined;
    });
    await expectSameBytes(world.record, again.record, world.name, last);
  } finally {
    await again.close();
  }
}, 300_000);
