import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { digest } from '@overlay/evidence';
import {
  printProgress,
  type RunningProgram,
  SERVICES,
  type ServerName,
  type Service,
  type Stack,
  startProgram,
  startStack,
  watchConnectors,
} from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';
import { expectEveryRowRebuilt, expectNothingTwice } from './kit/checks.ts';
import { untilCaughtUp } from './kit/record.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

/** These tests kill servers, so they have some of their own. */
let stack: Stack;
let world: World;
const watching = new AbortController();

beforeAll(async () => {
  stack = await startStack({ name: `bad-days-${process.pid}`, onProgress: printProgress });
  world = await makeWorld({ name: 'baddays', makeSource: makePharmacy, servers: stack });
  for (const service of SERVICES) world.pipeline.start(service);
  watchConnectors(stack.connect.url, { signal: watching.signal });
  expect((await generate('history', '--days', '1', '--sales-per-day', '100').exited).code).toBe(0);
  await untilCaughtUp(world, SERVICES);
}, 300_000);
afterAll(async () => {
  watching.abort();
  await world?.close();
  await stack?.stop();
}, 120_000);

const generate = (...words: string[]): RunningProgram =>
  startProgram({
    file: 'generator/src/main.ts',
    arguments: [...words, '--database', world.name, '--seed', '5'],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(world.directory, 'generator.log'),
  });

interface Ready {
  readonly ready: boolean;
  readonly dependencies: Readonly<Record<string, { readonly isUp: boolean; readonly detail: string }>>;
}

async function readiness(service: Service): Promise<{ status: number; body: Ready }> {
  const answer = await fetch(`http://127.0.0.1:${await world.pipeline.port(service)}/readyz`);
  return { status: answer.status, body: (await answer.json()) as Ready };
}

const untilReady = (service: Service) =>
  waitFor(`${service} to be ready`, async () => ((await readiness(service)).status === 200 ? true : undefined));

function changesOf(service: Service, dependency: string): readonly string[] {
  return readFileSync(join(world.directory, `${service}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"dependency":"${dependency}"`))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
}

const OUTAGES: readonly (readonly [server: ServerName, dependency: string, services: readonly Service[]])[] = [
  ['kafka', 'kafka', SERVICES],
  ['postgres', 'postgres', SERVICES],
  ['registry', 'registry', SERVICES],
  ['connect', 'connect', ['normalizer']],
];

test.each(OUTAGES)(
  'while %s is away, stages say so once and wait; afterwards nothing is lost',
  async (server, dependency, services) => {
    await Promise.all(SERVICES.map(untilReady));
    const before = services.map((service) => changesOf(service, dependency).length);
    const traffic = generate('live', '--rate', '20', '--trouble-every', '100');
    await stack.kill(server);
    for (const service of services) {
      const said = await waitFor(`${service} to report ${dependency}`, async () => {
        const { status, body } = await readiness(service);
        return status === 503 && body.dependencies[dependency]?.isUp === false ? body : undefined;
      });
      expect(said.dependencies[dependency]?.detail).not.toBe('');
    }
    await stack.restart(server);
    await Promise.all(SERVICES.map(untilReady));
    expect((await traffic.stop()).code).toBe(0);
    const last = await untilCaughtUp(world, SERVICES);

    for (const service of SERVICES) expect(world.pipeline.running(service)?.isRunning()).toBe(true);
    const changes = services.map((service, index) => changesOf(service, dependency).slice(before[index]));
    // An answer that was on its way when the server died may arrive after the death was told: then it is told twice.
    const once = ['dependency is down', 'dependency is up'];
    for (const said of changes) expect([once, [...once, ...once]]).toContainEqual(said);
    await expectEveryRowRebuilt(world);
    await expectNothingTwice(world, last);
  },
  240_000,
);

test('a record that cannot be read goes to the dead letters, its transaction is set aside, and status shows both', async () => {
  await Promise.all(SERVICES.map(untilReady));
  const id = '00000000-1111-2222-3333-444444444444:1';
  const marker = (status: string, count: number | null) =>
    JSON.stringify({ status, id, event_count: count, data_collections: null, ts_ms: Date.now() });
  const broker = new Broker(stack.kafka.brokers, 'test', makeLogger('test', 'error'));
  await broker.connect();
  const values = [marker('BEGIN', null), '{"before": null, "after": {"torn', marker('END', 1)];
  await broker.publish(
    rawTopic(world.name),
    0,
    values.map((value) => ({ key: 'k', value: Buffer.from(value) })),
  );
  await broker.close();
  const last = await untilCaughtUp(world, SERVICES);

  const letters = await world.record.query<{ code: string; sequence: string; digest: string }>(
    'select stage, code, topic, sequence, record_digest as digest from audit.dead_letters order by ordinal',
  );
  expect(letters).toMatchObject(
    values.map((value) => ({
      stage: 'normalizer',
      code: value === values[1] ? 'raw.not_json' : 'raw.set_aside',
      topic: 'cdc.baddays',
      digest: digest('k', value),
    })),
  );
  const [setAside] = await world.record.query(
    'select kind, transaction_id, item_count, sequence from audit.transactions where transaction_id = $1',
    [id],
  );
  expect(setAside).toMatchObject({
    kind: 'set_aside',
    item_count: 0,
    sequence: letters[0]?.sequence,
  });
  expect(Number((setAside as { sequence: string }).sequence)).toBeLessThan(last);

  const log = join(world.directory, 'auditctl.log');
  const status = startProgram({
    file: 'packages/cli/src/main.ts',
    arguments: ['status'],
    environment: { DATABASE_URL_FILE: world.pipeline.readerFile, CONNECT_URL: stack.connect.url },
    log,
  });
  expect((await status.exited).code).toBe(6);
  const said = readFileSync(log, 'utf8');
  expect(said).toContain('raw.not_json');
  expect(said).toContain(id);
}, 120_000);

test('every mistake in a configuration is told in one message, with exit 78', async () => {
  for (const service of SERVICES) {
    const log = join(world.directory, `${service}.mistaken.log`);
    const environment = {
      KAFKA_BROKERS: undefined,
      SCHEMA_REGISTRY_URL: 'nonsense',
      SOURCES: 'a b',
      DATABASE_URL_FILE: '/nowhere',
      PACK_DIR: '/',
    };
    const { code } = await startProgram({ file: `services/${service}/src/main.ts`, environment, log }).exited;
    expect(code).toBe(78);
    const said = readFileSync(log, 'utf8');
    for (const name of ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'SOURCES', 'DATABASE_URL_FILE'])
      expect(said).toContain(name);
  }
});
