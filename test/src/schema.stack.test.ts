import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addTables, registerConnector } from '@overlay/infra';
import { judgeSource, readSourceFacts, Source } from '@overlay/mysql';
import type { RowDataPacket } from 'mysql2';
import { foldTables } from './kit/fold.ts';
import { untilCaughtUp } from './kit/record.ts';
import { readSource } from './kit/tables.ts';
import { waitFor } from './kit/wait.ts';
import { madeBy, makeSecondRun, makeWorld, type World } from './kit/world.ts';

const NAME = 'shapes';
const LATE_ROWS = 2500;
const SERVICES = ['normalizer', 'inferencer'] as const;

const TABLES = [
  'create table roles (id int auto_increment primary key, name varchar(80) not null)',
  'create table a (id int primary key, v varchar(20))',
  'create table b (id int primary key, w int)',
  'create table notes (n int, t varchar(20))',
  'create table orders (id int auto_increment primary key, v int not null)',
  'create table items (id int auto_increment primary key, v int not null)',
  'create table parent (id int primary key)',
  'create table child (id int primary key, parent_id int, foreign key (parent_id) references parent (id) on delete cascade)',
  'create table late (id int primary key, v varchar(40), w decimal(10,2))',
  "insert into a values (1, 'one'), (2, 'two')",
  'insert into b values (1, 11)',
  "insert into notes values (1, 'x'), (1, 'x'), (2, null)",
  'insert into orders (v) values (1), (2), (3)',
  'insert into items (v) values (1), (2), (3)',
  'insert into parent values (1), (2)',
  'insert into child values (1, 1), (2, 1), (3, 2)',
  'set session cte_max_recursion_depth = 100000',
  `insert into late with recursive n (i) as (select 1 union all select i + 1 from n where i < ${LATE_ROWS}) select i, concat('row ', i), i from n`,
];

let world: World;

/** The connector reads every table whose name fits the regular expression. */
const capturing = (tables: string) => ({
  source: NAME,
  database: NAME,
  overrides: { 'table.include.list': `${NAME}\\.${tables}` },
});

beforeAll(async () => {
  world = await makeWorld({ name: NAME, makeSource: madeBy(...TABLES), registersConnector: false });
  await registerConnector(world.servers, capturing('(?!late$).*'));
  for (const service of SERVICES) world.pipeline.start(service);
  await untilCaughtUp(world, SERVICES);
}, 120_000);
afterAll(() => world?.close());

const run = async (...statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await world.source.query(statement);
};

async function expectFolded(but: readonly string[] = []): Promise<void> {
  const [real, folded] = [await readSource(world.source, NAME), await foldTables(world)];
  const tables = [...new Set([...real.keys(), ...folded.keys()])].filter((table) => !but.includes(table)).sort();
  for (const table of tables)
    expect([table, folded.get(table)?.rows ?? new Map()]).toEqual([table, real.get(table)?.rows ?? new Map()]);
}

const versionsOf = (table: string) =>
  world.record.query<{ kind: string; version: number; table_id: string; statement: string }>(
    'select kind, version, table_id, statement from audit.schema_versions where source = $1 and database_name = $1 and table_name = $2 order by sequence, ordinal',
    [NAME, table],
  );

async function expectNothingAmiss(): Promise<void> {
  expect(await world.record.query('select code, detail from audit.gaps')).toEqual([]);
  expect(await world.record.query('select code, detail from audit.dead_letters')).toEqual([]);
}

test('the log follows renames, swaps, changed columns and keys, cascades and drops, and names each version', async () => {
  await run(
    'rename table a to a1, b to b1',
    "insert into a1 values (3, 'three')",
    'rename table a1 to tmp, b1 to a, tmp to b',
    'insert into a values (2, 22)',
    "insert into b values (4, 'four')",
    "alter table b add column n int not null default 7, add column note varchar(30) default 'it''s secret', drop column v",
    'insert into b (id) values (5)',
    'alter table b rename column note to remark, rename to c',
    "update c set remark = 'changed' where id = 1",
    'alter table c drop primary key, add primary key (id, n)',
    'update c set n = 8 where id = 2',
    "insert into notes values (3, 'z')",
    'update notes set t = null where n = 1 limit 1',
    'delete from notes where n = 2',
    'create table made as select id, w from a',
    'insert into made values (9, 9)',
    'delete from parent where id = 1',
  );
  const last = await untilCaughtUp(world, SERVICES);
  await expectFolded(['late']);
  await run(
    'truncate made',
    'insert into made values (1, 1)',
    'drop table made',
    'create table made (id bigint primary key)',
  );
  await run('insert into made values (18446744073709551)');
  expect(await untilCaughtUp(world, SERVICES)).toBeGreaterThan(last);
  await expectFolded(['late']);
  await expectNothingAmiss();

  const made = await versionsOf('made');
  expect(made.map(({ kind, version }) => `${kind} ${version}`)).toEqual(['create 1', 'drop 1', 'create 2']);
  expect(new Set(made.map(({ table_id }) => table_id)).size).toBe(2);
  const [first, ...later] = await world.record.query<{ table_id: string; name: string }>(
    `select table_id, table_name as name from audit.schema_versions where source = $1 and database_name = $1 and table_name in ('a', 'a1', 'tmp', 'b', 'c')
      and table_id = (select table_id from audit.schema_versions where source = $1 and database_name = $1 and table_name = 'a' order by sequence limit 1)
      order by sequence, ordinal`,
    [NAME],
  );
  expect([first, ...later].map((version) => version?.name)).toEqual(['a', 'a1', 'tmp', 'b', 'b', 'c', 'c']);
  const secrets = await world.record.query(
    "select from audit.schema_versions where statement like '%secret%' or definition::text like '%secret%'",
  );
  expect(secrets).toEqual([]);
}, 60_000);

test('what gh-ost and pt-online-schema-change do is in the log, is no business change, and keeps the table what it was', async () => {
  await run(
    'create table _orders_gho like orders',
    'alter table _orders_gho add column note varchar(10)',
    'insert ignore into _orders_gho (id, v) select id, v from orders',
    'insert into orders (v) values (4)',
    'replace into _orders_gho (id, v) select id, v from orders where id = 4',
    'rename table orders to _orders_del, _orders_gho to orders',
    "insert into orders (v, note) values (5, 'new')",
    'drop table _orders_del',
    'create table _items_new (id int auto_increment primary key, v int not null)',
    'alter table _items_new add column w int',
    'create trigger pt_osc_ins after insert on items for each row replace into _items_new (id, v) values (new.id, new.v)',
    'insert low_priority ignore into _items_new (id, v) select id, v from items',
    'insert into items (v) values (4)',
    'rename table items to _items_old, _items_new to items',
    'drop table _items_old',
    'insert into items (v, w) values (5, 5)',
  );
  await untilCaughtUp(world, SERVICES);
  await expectFolded(['late']);
  await expectNothingAmiss();
  for (const table of ['orders', 'items']) {
    const versions = await versionsOf(table);
    expect(versions.map(({ kind, version }) => `${kind} ${version}`)).toEqual(['snapshot 1', 'rename 2']);
    expect(new Set(versions.map(({ table_id }) => table_id)).size).toBe(1);
  }
  const marked = await world.record.query<{ table_name: string; ghost_of: string | null }>(
    "select distinct table_name, ghost_of from analyst.change_events where table_name in ('orders', 'items', '_orders_gho', '_items_new') order by 1",
  );
  expect(marked.map(({ table_name, ghost_of }) => [table_name, ghost_of])).toEqual([
    ['_items_new', 'items'],
    ['_orders_gho', 'orders'],
    ['items', null],
    ['orders', null],
  ]);
}, 60_000);

test('a table that is added later is read while changes go on, and nothing is written to the source', async () => {
  const [before] = await world.source.query<RowDataPacket[]>('show tables');
  await addTables(world.servers, capturing('.*'), [`${NAME}.late`]);
  await waitFor('every row to be read while changes go on', async () => {
    await world.source.query('update late set v = concat(v, ?) where id = 1 + floor(rand() * ?)', ['!', LATE_ROWS]);
    const [read] = await world.record.query<{ rows: number }>(
      "select count(distinct body #>> '{source,primaryKey,id}')::int as rows from audit.change_events where source = $1 and table_name = 'late'",
      [NAME],
    );
    return (read?.rows ?? 0) >= LATE_ROWS ? true : undefined;
  });
  await untilCaughtUp(world, SERVICES);
  await expectFolded();
  await expectNothingAmiss();
  const [after] = await world.source.query<RowDataPacket[]>('show tables');
  expect(after).toEqual(before);
  const [ids] = await world.record.query<{ ids: number; rows: number }>(
    'select count(distinct event_id)::int as ids, count(*)::int as rows from audit.change_events where source = $1',
    [NAME],
  );
  expect(ids?.ids).toBe(ids?.rows);
}, 90_000);

test('this server logs what foreign keys change, and tables without a key are named', async () => {
  const source = await Source.connect(world.mysqlUrl);
  const findings = judgeSource(await readSourceFacts(source).finally(() => source.close()));
  expect(findings.filter(({ isMet }) => !isMet).map(({ check }) => check)).toEqual(['primary_keys']);
  const found = new Map(findings.map((finding) => [finding.check, finding.found]));
  expect(found.get('cascades')).toContain(`${NAME}.child (child_ibfk_1)`);
  expect(found.get('primary_keys')).toContain(`${NAME}.notes`);
});

test('a second run stores the same versions', async () => {
  const last = await untilCaughtUp(world, SERVICES);
  const again = await makeSecondRun(world);
  try {
    again.pipeline.start('normalizer');
    await waitFor('the second run', async () => {
      const [head] = await again.record.query<{ landed: string }>('select landed from audit.heads');
      return Number(head?.landed ?? 0) >= last ? true : undefined;
    });
    const versions = 'select * from audit.schema_versions where sequence <= $1 order by sequence, ordinal';
    expect(await again.record.query(versions, [last])).toEqual(await world.record.query(versions, [last]));
  } finally {
    await again.close();
  }
}, 90_000);
