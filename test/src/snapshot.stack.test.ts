import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printProgress, registerConnector, type Stack, startStack } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';
import { foldTables } from './kit/fold.ts';
import { untilCaughtUp } from './kit/record.ts';
import { readSource } from './kit/tables.ts';
import { waitFor } from './kit/wait.ts';
import { madeBy, makeWorld, type World } from './kit/world.ts';

const NAME = 'cutoff';
const ROWS = 120_000;
const KILL_AT = 8000;

const TABLES = [
  'create table accounts (id int primary key, v varchar(40))',
  "insert into accounts values (1, 'one'), (2, 'two'), (3, 'three')",
  'create table large (id int primary key, v varchar(200))',
  'create table roles (id int auto_increment primary key, name varchar(80) not null)',
  'set session cte_max_recursion_depth = 1000000',
  `insert into large with recursive n (i) as (select 1 union all select i + 1 from n where i < ${ROWS}) select i, rpad(i, 100, 'x') from n`,
];

/** This test kills Connect, so it has servers of its own. */
let stack: Stack;
let world: World;

beforeAll(async () => {
  stack = await startStack({ name: `snapshot-${process.pid}`, onProgress: printProgress });
  world = await makeWorld({ name: NAME, makeSource: madeBy(...TABLES), servers: stack, registersConnector: false });
}, 300_000);
afterAll(async () => {
  await world?.close();
  await stack?.stop();
}, 120_000);

test('a snapshot that Connect died in begins again elsewhere and takes its place: no gap, and the fold is what MySQL has', async () => {
  const broker = new Broker(stack.kafka.brokers, 'test', makeLogger('test', 'error'));
  await broker.connect();
  const high = async () => (await broker.watermarks(rawTopic(NAME)).catch(() => new Map())).get(0)?.high ?? 0;
  await registerConnector(stack, { source: NAME, database: NAME });
  await waitFor('the snapshot to be under way', async () => ((await high()) > KILL_AT ? true : undefined), 60_000);
  await stack.kill('connect');
  expect(await high()).toBeLessThan(ROWS);
  await broker.close();
  await world.source.query("update accounts set v = 'changed' where id = 1");
  await world.source.query('delete from accounts where id = 2');
  await world.source.query('delete from large where id <= 5000 and id % 2 = 0');
  await world.source.query('alter table accounts add column w int default 5');
  world.pipeline.start('normalizer');
  await stack.restart('connect');
  await untilCaughtUp(world, ['normalizer']);

  expect(await world.record.query('select code, detail from audit.gaps')).toEqual([]);
  expect(await world.record.query('select code, detail from audit.dead_letters')).toEqual([]);
  const marks = await world.record.query<{ transaction_id: string }>(
    "select transaction_id from audit.transactions where transaction_id like '%:replaces:%'",
  );
  expect(marks).toHaveLength(1);
  const [real, folded] = [await readSource(world.source, NAME), await foldTables(world)];
  for (const [table, { rows }] of real) {
    expect([table, folded.get(table)?.rows.size]).toEqual([table, rows.size]);
    const wrong = [...rows].filter(([key, row]) => folded.get(table)?.rows.get(key) !== row);
    expect([table, wrong.slice(0, 3)]).toEqual([table, []]);
  }
  const [counted] = await world.record.query<{ ids: number; rows: number; told: number }>(
    `select count(distinct event_id)::int as ids, count(*)::int as rows,
        count(*) filter (where body #>> '{source,primaryKey,id}' = '2' and table_name = 'accounts')::int as told from audit.change_events`,
  );
  expect(counted?.ids).toBe(counted?.rows);
  expect(counted?.told).toBe(1);
}, 300_000);
