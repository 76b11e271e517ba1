import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runToEnd } from '@overlay/infra';
import mysql from 'mysql2/promise';
import { ACTS_COUNT, LITERAL, playActors } from './kit/actor-acts.ts';
import { answersOf, dumpOf, servicesOf, topicsOf } from './kit/outputs.ts';
import { makeRandom } from './kit/random.ts';
import { untilCaughtUp } from './kit/record.ts';
import { metricOf } from './kit/service.ts';
import { makePharmacy, makeWorld, recordUrl, type World } from './kit/world.ts';

const STAGES = ['normalizer', 'inferencer'] as const;
let world: World;

beforeAll(async () => {
  world = await makeWorld({ name: 'actors', makeSource: makePharmacy });
  await runToEnd({
    file: 'generator/src/main.ts',
    arguments: ['history', '--days', '1', '--sales-per-day', '10', '--database', world.name, '--seed', '5'],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(world.directory, 'generator.log'),
  });
  for (const stage of STAGES) world.pipeline.start(stage);
});
afterAll(() => world?.close());

/** A session of an application that says who acts. */
async function session(asksForTexts: boolean): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ uri: world.mysqlUrl });
  if (asksForTexts) await connection.query('set session binlog_rows_query_log_events = on');
  return connection;
}

const raise = (product: number): string =>
  `update products set unit_price = unit_price + 1, updated_by = 2 where product_id = ${product} and name <> '${LITERAL}'`;

test('who the application says did it, did it; the statement is nowhere', async () => {
  const founded = await untilCaughtUp(world, STAGES);
  const [saying, silent] = [await session(true), await session(false)];
  await saying.query(`${raise(1)} /*actor='3',route='%2Fprices'*/`);
  await saying.query(`/* {"actor": 3, "app": "till"} */ ${raise(2)}`);
  await saying.execute(
    `update products set unit_price = ?, updated_by = 2 where product_id = ? /*actor='3',note='${LITERAL}-kept'*/`,
    ['9.99', 3],
  );
  await saying.query(raise(4));
  await silent.query(`${raise(5)} /*actor='3'*/`);
  // One of two statements says it: the transaction has one actor.
  await saying.beginTransaction();
  await saying.query(raise(6));
  await saying.query(`${raise(7)} /*actor='3'*/`);
  await saying.commit();
  await Promise.all([saying.end(), silent.end()]);
  await untilCaughtUp(world, STAGES);

  const events = await world.record.query<{ product: string; actor: string; label: string; grade: string }>(
    `select entity_id as product, actor_id as actor, actor_label as label, actor_grade as grade from audit.business_events
      where event_type = 'product.price_changed' and sequence > $1 order by entity_id::int`,
    [founded],
  );
  const [third] = await world.source.query<mysql.RowDataPacket[]>('select username from users where user_id = 3');
  const exact = { actor: '3', label: third[0]?.username, grade: 'exact' };
  expect(events.map(({ product, ...who }) => [product, who.grade === 'exact' ? who : who.grade])).toEqual([
    ['1', exact],
    ['2', exact],
    ['3', exact],
    ['4', 'inferred'],
    ['5', 'inferred'],
    ['6', exact],
    ['7', exact],
  ]);

  const contexts = await world.record.query<{ context: unknown }>(
    `select body -> 'metadata' -> 'context' as context from audit.change_events
      where table_name = 'products' and operation = 'UPDATE' and body -> 'metadata' -> 'context' is not null order by sequence, ordinal`,
  );
  expect(contexts.map(({ context }) => context)).toEqual([
    { actor: '3', route: '/prices' },
    { actor: '3', app: 'till' },
    { actor: '3', note: `${LITERAL}-kept` },
    { actor: '3' },
  ]);
  const outputs = [await dumpOf(recordUrl(world)), ...(await topicsOf(world)).map(([, text]) => text)];
  expect(outputs.filter((text) => text.replaceAll(`${LITERAL}-kept`, '').includes(LITERAL))).toEqual([]);
  expect(outputs.some((text) => text.includes(`${LITERAL}-kept`))).toBe(true);
});

/** As {@link ActorTruth}, told by the view. */
const TOLD = `select transaction_id as gtid, actor_grade as grade, actor_id as id, actor_label as label,
    array(select a ->> 'id' from json_array_elements(several::json) a order by 1) as several,
    array(select a ->> 'grade' from json_array_elements(several::json) a) as grades
  from analyst.transaction_actors where source = $1 and sequence > $2 and sequence < $3 order by sequence`;

interface Told {
  readonly [column: string]: unknown;
  readonly gtid: string;
  readonly grade: string;
  readonly id: string | null;
  readonly label: string | null;
  readonly several: readonly string[];
}

test('of a mixed workload every transaction has the right actor and grade; no literal of any statement stands anywhere', async () => {
  const from = await untilCaughtUp(world, STAGES);
  const [users] = await world.source.query<mysql.RowDataPacket[]>(
    'select user_id, username from users order by user_id limit 12',
  );
  const names = new Map(users.map(({ user_id, username }) => [String(user_id), String(username)]));
  const truth = await playActors(world.mysqlUrl, makeRandom('actors'), {
    sessions: 4,
    actsEach: ACTS_COUNT * 4,
    people: [...names.keys()].map(Number),
  });
  const to = await untilCaughtUp(world, STAGES);

  const told = await world.record.query<Told>(TOLD, [world.name, from, to]);
  expect(new Set(told.map(({ gtid }) => gtid))).toEqual(new Set(truth.keys()));
  expect(told).toHaveLength(ACTS_COUNT * 16);
  for (const { gtid, grade, id, label, several } of told) {
    const known = truth.get(gtid);
    const ids = grade === 'several' ? several : id === null ? [] : [id];
    expect([known?.act, grade, ids]).toEqual([known?.act, known?.grade, known?.ids.toSorted()]);
    expect(label).toBe(id === null ? null : names.get(id));
  }

  const [normalizer, inferencer] = STAGES.map((stage) => world.pipeline.running(stage));
  if (!inferencer || !normalizer) throw new Error('both stages run');
  const counts = Map.groupBy(truth.values(), ({ grade }) => grade);
  expect([...counts.keys()].sort()).toEqual(['corroborated', 'exact', 'inferred', 'several', 'unknown']);
  for (const [grade, { length }] of counts)
    expect(await metricOf(inferencer, 'audit_transaction_actors_total', `grade="${grade}"`)).toBeGreaterThanOrEqual(
      length,
    );
  expect(await metricOf(normalizer, 'audit_statement_bytes_sum')).toBeGreaterThan(1_000_000);

  const outputs = [
    ['database', await dumpOf(recordUrl(world))] as const,
    ...(await topicsOf(world)),
    ...(await servicesOf(world)),
    ...(await answersOf(world, [['history', 'products', '1'], ['status']])),
  ];
  const leaking = outputs.filter(([, text]) => text.replaceAll(`${LITERAL}-kept`, '').includes(LITERAL));
  expect(leaking.map(([name]) => name)).toEqual([]);
  expect(outputs.length).toBeGreaterThan(10);
});
