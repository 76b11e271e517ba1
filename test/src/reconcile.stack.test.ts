import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Reconciliation } from '@overlay/api';
import mysql from 'mysql2/promise';
import { auditctl, auditctlAtSource, reconciled, type SourceAccess } from './kit/auditctl.ts';
import { makeRandom } from './kit/random.ts';
import { untilCaughtUp } from './kit/record.ts';
import { madeBy, makeWorld, type World } from './kit/world.ts';

const NAME = 'compared';
const ROWS = 3000;

const TABLES = [
  'create table roles (id int auto_increment primary key, name varchar(80) not null)',
  "create table goods (id int auto_increment primary key, name varchar(60), price decimal(10,2), tags set('a','b','c'), note json)",
  'create table stock (shop varchar(20) character set latin1, slot binary(2), quantity bigint unsigned, seen timestamp(3) null, primary key (shop, slot))',
  'create table visits (who varchar(20), at datetime)',
  "create table readings (id int primary key, value float, day date not null, kind enum('x','y') not null)",
  'create table renamed_later (id int primary key, v varchar(20))',
  // Tables of the pharmacy's pack, which seals columns of the one and drops one of the other.
  'create table suppliers (supplier_id int auto_increment primary key, name varchar(40), contact_name varchar(40), contact_phone varchar(30), contact_email varchar(60))',
  'create table inventory_adjustments (adjust_id int primary key, notes varchar(60))',
  "insert into readings values (1, 1.234567891, '2026-01-02', 'x'), (2, 0, '1970-01-01', 'y')",
  "insert into renamed_later values (1, 'one'), (2, 'two')",
  "insert into visits values ('ana', '2026-01-01 10:00:00'), ('ana', '2026-01-01 10:00:00'), ('eva', null)",
];

let world: World;

beforeAll(async () => {
  world = await makeWorld({ name: NAME, makeSource: madeBy("set sql_mode = ''", ...TABLES) });
  world.pipeline.start('normalizer');
  await untilCaughtUp(world, ['normalizer']);
}, 120_000);
afterAll(() => world?.close());

const run = async (...statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await world.source.query(statement);
};

const shortly = ({ tables }: Reconciliation) =>
  Object.fromEntries(
    tables.map(({ table, verdict, sourceRows, logRows, differences }) => [
      table,
      [verdict, sourceRows, logRows, differences],
    ]),
  );

async function writeAtRandom(seed: number): Promise<void> {
  const random = makeRandom(seed, 'reconcile');
  for (let done = 0; done < ROWS; done += 100) {
    const goods = Array.from(
      { length: 100 },
      () =>
        `(${random.pick(["'plain'", "'emoji 😀'", 'null'])}, ${random.whole(0, 99_999)} / 100, '${random.pick(['a', 'c,a', ''])}', '{"n": ${random.whole(1, 9)}, "l": [1.5, "x y"]}')`,
    );
    await run(`insert into goods (name, price, tags, note) values ${goods.join(', ')}`);
  }
  for (let at = 0; at < 300; at++)
    await run(
      `insert into stock values ('shop ${at % 7} é', X'${at.toString(16).padStart(4, '0')}', ${random.whole(0, 1e9)}, '2026-03-04 05:06:07.89')`,
    );
  for (let id = 1; id <= 20; id++)
    await run(
      `insert into suppliers (name, contact_name, contact_phone, contact_email) values ('Supplier ${id}', 'Ana ${id}', '+995 ${id}', null)`,
    );
  await run(
    'update goods set price = price + 1 where id % 10 = 0',
    'delete from goods where id % 23 = 0',
    'update goods set id = id + 1000000 where id % 97 = 0',
    "insert into visits values ('ana', '2026-01-01 10:00:00'), ('leo', '2026-02-01 10:00:00')",
    "delete from visits where who = 'ana' limit 1",
    "insert into readings values (3, 9.87654321, '2026-03-04', 'x')",
    'alter table renamed_later rename to renamed, add column w int default 7',
    "insert into renamed values (3, 'three', 8)",
    "update suppliers set contact_phone = '+995 7' where supplier_id = 3",
    "insert into inventory_adjustments values (1, 'broken by Ana'), (2, null)",
  );
}

test('a source and its log are equal, whatever was written, but for what the log says that it does not know', async () => {
  await writeAtRandom(Number(process.env.OVERLAY_SEED ?? 7));
  const { result, code } = await reconciled(world);
  expect(shortly(result)).toEqual({
    goods: ['equal', expect.any(Number), expect.any(Number), 0],
    inventory_adjustments: ['equal', 2, 2, 0],
    readings: ['equal', 3, 3, 0],
    renamed: ['equal', 3, 3, 0],
    roles: ['equal', 1, 1, 0],
    stock: ['equal', 300, 300, 0],
    suppliers: ['equal', 20, 20, 0],
    visits: ['equal', 4, 4, 0],
  });
  expect(code).toBe(0);
  expect(result.unlocked).toBeNull();
  expect(result.tables.find(({ table }) => table === 'readings')?.notCompared).toEqual([
    expect.objectContaining({ column: 'value', rows: 1 }),
  ]);
}, 180_000);

const tableOf = ({ tables }: Reconciliation, name: string) => tables.find(({ table }) => table === name);

test('without the right to hold the source still, what is written meanwhile may be any of its states', async () => {
  await run(
    "create user if not exists 'only_reads' identified by 'reads'",
    `grant select on ${NAME}.* to 'only_reads'`,
    "grant replication client, replication slave on *.* to 'only_reads'",
  );
  const url = new URL(world.mysqlUrl);
  [url.username, url.password] = ['only_reads', 'reads'];
  const writer = await mysql.createConnection({ uri: world.mysqlUrl });
  let isOver = false;
  const writing = (async () => {
    for (let at = 1; !isOver; at++) {
      await writer.query(`update goods set price = ${at % 1000} where id in (${1 + (at % 7)}, ${30 + (at % 5)})`);
      await writer.query(
        `insert into stock values ('written', X'${(at % 65_536).toString(16).padStart(4, '0')}', 1, null) on duplicate key update quantity = ${at}`,
      );
    }
  })();
  const { result, code } = await reconciled(world, [], { url: url.href }).finally(() => {
    isOver = true;
  });
  await writing;
  await writer.end();
  expect(result.unlocked).toBe('the right RELOAD is missing');
  expect(result.tables.map(({ table, verdict }) => [table, verdict])).toEqual(
    result.tables.map(({ table }) => [table, 'equal']),
  );
  expect(code).toBe(0);
}, 120_000);

test('without the keys, columns under tokens are said to be left out', async () => {
  const { result } = await reconciled(world, [], { hasKeys: false });
  expect(tableOf(result, 'suppliers')).toMatchObject({ verdict: 'equal', sourceRows: 20 });
  expect(tableOf(result, 'suppliers')?.notCompared.map(({ column }) => column)).toEqual([
    'contact_name',
    'contact_phone',
    'contact_email',
  ]);
  expect(tableOf(result, 'inventory_adjustments')?.notCompared).toMatchObject([{ column: 'notes', rows: null }]);
}, 60_000);

const newestOf = (table: string, key: string): string =>
  `select event_id from audit.change_events where table_name = '${table}' and strpos(body::text, '"primaryKey":${key},"table"') > 0
    order by sequence desc, ordinal desc limit 1`;

test('what somebody changed in the log is named, row by row and to the column', async () => {
  const { record } = world;
  await record.query(
    `update audit.change_events set body = regexp_replace(body::text, '"price":"[0-9.]+"', '"price":"0.01"')::json where event_id = (${newestOf('goods', '{"id":"50"}')})`,
  );
  await record.query(
    `delete from audit.change_events where strpos(body::text, '"primaryKey":{"id":"51"},"table":"goods"') > 0`,
  );
  await record.query(`delete from audit.change_events where event_id = (${newestOf('goods', '{"id":"23"}')})`);
  await record.query(
    'delete from audit.change_events where table_name = \'visits\' and strpos(body::text, \'"who":"leo"\') > 0',
  );
  await record.query(
    `update audit.change_events set body = replace(body::text, '"name":"Supplier 4"', '"name":"Supplier 5"')::json where table_name = 'suppliers'`,
  );
  const { result, code } = await reconciled(world);
  expect(code).toBe(6);
  const goods = tableOf(result, 'goods');
  expect(goods).toMatchObject({ verdict: 'differs', differences: 3, isCounted: true });
  const byKey = new Map(goods?.listed.map((difference) => [String(difference.primaryKey.id), difference]));
  expect(byKey.get('50')).toMatchObject({
    kind: 'differs',
    columns: [{ column: 'price', log: '0.01', source: expect.stringMatching(/^\d+\.\d\d$/) }],
    sequence: expect.any(Number),
    eventId: expect.any(String),
    perhaps: null,
  });
  expect(byKey.get('51')).toMatchObject({ kind: 'missing_in_log', sequence: null, eventId: null });
  expect(byKey.get('51')?.columns).toContainEqual({ column: 'id', source: '51' });
  expect(byKey.get('23')).toMatchObject({ kind: 'missing_at_source', sequence: expect.any(Number) });
  expect(tableOf(result, 'visits')).toMatchObject({
    differences: 1,
    listed: [{ kind: 'missing_in_log', columns: [{ column: 'at' }, { column: 'who', source: 'leo' }] }],
  });
  expect(tableOf(result, 'suppliers')?.listed).toMatchObject([
    { primaryKey: { supplier_id: '4' }, columns: [{ column: 'name', log: 'Supplier 5', source: 'Supplier 4' }] },
  ]);
  expect(tableOf(result, 'stock')).toMatchObject({ verdict: 'equal' });
  expect(
    await record.query("select verdict, differences from audit.reconciliations where table_name = 'goods'"),
  ).toEqual([{ verdict: 'differs', differences: '3' }]);
  const { said } = await auditctlAtSource(world, ['reconcile', '--table', 'goods']);
  expect(said).toMatch(/differs compared\.goods: .* 3 not the same/);
  expect(said).toMatch(/is another one, last changed by sequence \d+, event [0-9a-f-]+\n +price: 0\.01 in the log/);
}, 60_000);

test('what cannot be compared is refused, with what is known instead', async () => {
  const refused = async (words: readonly string[], access: SourceAccess = {}) => {
    const { said, code } = await auditctlAtSource(world, ['reconcile', ...words], access);
    return `${code} ${said}`;
  };
  expect(await refused(['--table', 'nothing'])).toMatch(
    /^3 error: the log has no table 'nothing' there\n.*compared\.goods/,
  );
  expect(await refused(['--source', 'other'])).toMatch(/^3 error: there is no source 'other'\n.*there is compared/);
  expect(await refused([], { url: 'mysql://nobody:x@127.0.0.1:1/compared' })).toMatch(/^5 error: .*127\.0\.0\.1:1/);
  const stranger = new URL(world.mysqlUrl);
  stranger.password = 'wrong';
  expect(await refused([], { url: stranger.href })).toMatch(/^2 error: .*\n.*refuses it/);
  expect(`${(await auditctl(world, 'reconcile')).said}`).toMatch(
    /it is not said where the source is\n.*SOURCE_URL_FILE/,
  );

  const [head] = await world.record.query<{ gtids: string }>(
    "select gtids from audit.heads where stage = 'normalizer'",
  );
  const gtids = (text: string | undefined) =>
    world.record.query("update audit.heads set gtids = $1 where stage = 'normalizer'", [text]);
  await gtids('11111111-2222-3333-4444-555555555555:1-9');
  expect(await refused([])).toMatch(
    /^1 error: .* is not the source compared: .*\n.*11111111-2222-3333-4444-555555555555/,
  );
  await gtids(head?.gtids);

  await world.pipeline.stop();
  await run("insert into visits values ('late', null)");
  expect(await refused(['--wait', '1'])).toMatch(
    /^1 error: the log of compared has not come .*: 1 transactions are missing \([0-9a-f-]+:\d+\)/,
  );
}, 120_000);
