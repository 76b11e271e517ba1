import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeApi, type UndoPlan } from '@overlay/api';
import { testRecord } from '@overlay/api/testing';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { auditctl } from './kit/auditctl.ts';
import { makeRandom } from './kit/random.ts';
import { untilCaughtUp } from './kit/record.ts';
import { readSource } from './kit/tables.ts';
import { makeWorld, type World } from './kit/world.ts';

const NAME = 'undoing';
const COPY = 'undone';
const TRANSACTIONS = 200;
const STATE_EVERY = 40;

/** Keys of all sorts, a foreign key, values of every kind, a table without a key. */
const TABLES = [
  'create table shelf (id int auto_increment primary key, name varchar(40) not null, at timestamp not null default current_timestamp on update current_timestamp)',
  `create table box (shelf int not null, number int not null, note text, amount decimal(12,4), ratio double, share float, flags bit(9), seen datetime(6), ago time(3),
    word enum('a','it''s') null, words set('x','y','z'), doc json, raw blob, spot geometry, doubled int generated always as (number * 2) stored,
    primary key (shelf, number), foreign key (shelf) references shelf (id))`,
  'create table loose (a varchar(20), b int, c float)',
  'create table roles (id int auto_increment primary key, name varchar(80) not null)',
];

let world: World;
let copy: mysql.Connection;

beforeAll(async () => {
  world = await makeWorld({
    name: NAME,
    async makeSource(mysqlUrl, database) {
      const connection = await mysql.createConnection({ uri: mysqlUrl });
      for (const name of [database, COPY]) {
        await connection.query(`drop database if exists ${name}`);
        await connection.query(`create database ${name}`);
        await connection.query(`use ${name}`);
        for (const table of TABLES) await connection.query(table);
      }
      await connection.query(`use ${database}`);
      await connection.query("insert into shelf (name) values ('one'), ('two'), ('three')");
      await connection.query("insert into box (shelf, number, note) values (1, 1, 'first'), (2, 1, null)");
      await connection.query("insert into loose values ('x', 1, 0.1), ('x', 1, 0.1), ('X', 1, 0.1)");
      await connection.end();
    },
  });
  world.pipeline.start('normalizer');
  await untilCaughtUp(world, ['normalizer']);
  copy = await mysql.createConnection({ uri: world.mysqlUrl, multipleStatements: true, dateStrings: true });
}, 300_000);
afterAll(async () => {
  await copy?.end();
  await world?.close();
}, 120_000);

/** One change, whatever comes of it. */
function statement(random: ReturnType<typeof makeRandom>): string {
  const [shelf, number] = [random.whole(1, 6), random.whole(1, 5)];
  const values = () =>
    `note = ${random.pick(["'it''s \\\\ back'", "'naïve ✓ 中'", 'null', 'char(0, 27, 10)'])}, amount = ${random.whole(-999, 999)} / 7, ratio = ${random.whole(1, 99)} / 3,
      share = ${random.whole(1, 99)} / 7, flags = ${random.whole(0, 511)}, seen = now(6), ago = '-12:00:01.5', word = ${random.pick(["'a'", "'it''s'", 'null'])},
      words = 'x,z', doc = json_object('k', json_array(${random.whole(1, 9)}, 'é')), raw = x'00ff5c27', spot = st_geomfromtext('point(${number} 2.5)')`;
  return random.pick([
    `insert into shelf (name) values ('s${random.whole(1, 99)}')`,
    `update shelf set name = 'n${random.whole(1, 3)}' where id = ${shelf}`,
    `delete from shelf where id = ${shelf}`,
    `insert into box set shelf = ${shelf}, number = ${number}, ${values()}`,
    `update box set ${values()} where shelf = ${shelf}`,
    `update box set number = number + 5 where shelf = ${shelf} and number = ${number}`,
    `update box set shelf = ${random.whole(1, 4)} where shelf = ${shelf} and number > 5`,
    `delete from box where shelf = ${shelf} and number = ${number}`,
    `insert into loose values ('${random.pick(['x', 'X', 'x '])}', ${number}, ${number} / 10)`,
    `update loose set c = c + 1 where b = ${number} limit 1`,
    `delete from loose where b = ${number} limit 1`,
  ]);
}

/** What the source had after the transaction that wrote a mark. */
type States = ReadonlyMap<number, Awaited<ReturnType<typeof readSource>>>;

async function runRandomly(): Promise<States> {
  const random = makeRandom('undo');
  const states = new Map<number, Awaited<ReturnType<typeof readSource>>>();
  for (let times = 1; times <= TRANSACTIONS; times++) {
    await world.source.query('start transaction');
    for (let count = random.whole(1, 6); count > 0; count--)
      // Keys that are there already, and those that refer to nothing, are part of the game.
      await world.source.query(statement(random)).catch(() => undefined);
    if (times % STATE_EVERY === 0) await world.source.query(`insert into loose values ('mark', ${times}, 0)`);
    await world.source.query('commit');
    if (times % STATE_EVERY === 0) states.set(times, await readSource(world.source, NAME));
  }
  return states;
}

async function copyTables(): Promise<void> {
  const [columns] = await copy.query<RowDataPacket[]>(
    `select table_name as t, group_concat(column_name) as names from information_schema.columns
      where table_schema = ? and generation_expression = '' group by table_name order by field(table_name, 'box'), table_name`,
    [NAME],
  );
  await copy.query("set time_zone = '+00:00'");
  for (const { t, names } of columns)
    await copy.query(`insert into ${COPY}.${t} (${names}) select ${names} from ${NAME}.${t}`);
}

const script = ({ begin, statements, end }: UndoPlan): string =>
  [...begin, ...statements.map(({ sql }) => sql), ...end].join('\n').replaceAll(`\`${NAME}\`.`, `\`${COPY}\`.`);

/** Text with a NUL is null in answers of Postgres. */
const shown = (row: string | number): string =>
  String(row).replaceAll(/"(?:[^"\\]|\\.)*\\u0000(?:[^"\\]|\\.)*"/g, 'null');

test('random transactions, undone newest first on a copy, give back the first state; tables as of a sequence are what MySQL had then', async () => {
  const first = await readSource(world.source, NAME);
  const states = await runRandomly();
  await untilCaughtUp(world, ['normalizer']);
  await copyTables();
  const api = makeApi({
    database: world.record,
    now: () => new Date(),
    connectUrl: undefined,
    stageUrls: {},
    record: testRecord(world.record),
  });
  const transactions = await world.record.query<{ transaction_id: string }>(
    "select transaction_id from audit.transactions where kind = 'transaction' order by sequence desc",
  );
  expect(transactions.length).toBeGreaterThan(TRANSACTIONS / 2);
  for (const { transaction_id } of transactions) {
    const plan = await api.undo(transaction_id);
    if (!plan.ok) throw new Error(plan.refusal.message);
    expect(plan.value.statements.flatMap(({ missing }) => missing)).toEqual([]);
    await copy.query(script(plan.value));
  }
  const undone = await readSource(copy, COPY);
  for (const [table, { rows }] of first)
    if (table !== 'roles')
      expect([table, [...(undone.get(table)?.rows ?? [])].sort()]).toEqual([table, [...rows].sort()]);

  for (const [mark, tables] of states) {
    const [at] = await world.record.query<{ sequence: string }>(
      "select sequence from analyst.change_events where table_name = 'loose' and row_after::json ->> 'a' = 'mark' and row_after::json ->> 'b' = $1 order by 1 limit 1",
      [String(mark)],
    );
    for (const table of ['shelf', 'box']) {
      const found = await api.asOf({ table: `${NAME}.${table}`, at: at?.sequence ?? '', limit: 10_000 });
      if (!found.ok) throw new Error(found.refusal.message);
      const wanted = [...(tables.get(table)?.rows.values() ?? [])].map(shown);
      expect(found.value.rows.map(({ row }) => JSON.stringify(row)).sort()).toEqual(wanted.sort());
    }
  }

  const oldest = await auditctl(world, 'undo', transactions.at(-1)?.transaction_id ?? '');
  expect(oldest.said).toMatch(/^start transaction;$/m);
}, 300_000);
