import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { readBinlog } from '../kit/binlog.ts';
import { makeRandom, type Random } from '../kit/random.ts';
import type { World } from '../kit/world.ts';
import { type Findings, rebuiltEqual } from '../oracle/checks.ts';
import { scanLog } from '../oracle/log.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Fault } from './arena.ts';
import { coreCheck, setScene } from './scene.ts';

const IDS = 60;
const VALUES_PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'reference', 'values.md');
/** Tables whose rows the server changes by itself over foreign keys. */
const CASCADED = ['child', 'orphan'];

const TABLES = [
  'create table plain (id int primary key, v int not null)',
  'create table copy (id int primary key, v int not null)',
  'create table computed (id int primary key, a int not null, b int as (a * 2) stored, c int as (a * 3) virtual, d int invisible default 5)',
  'create table parent (id int primary key, v int not null)',
  'create table child (id int primary key, parent_id int not null, foreign key (parent_id) references parent (id) on delete cascade on update cascade)',
  'create table orphan (id int primary key, parent_id int, foreign key (parent_id) references parent (id) on delete set null on update cascade)',
  'create table watched (id int primary key, v int not null, w int)',
  'create table written (n int primary key auto_increment, said varchar(60))',
  `insert into plain with recursive n (i) as (select 1 union all select i + 1 from n where i < ${IDS}) select i, i from n`,
  'insert into parent select id, 0 from plain',
  'insert into child select id, id from plain',
  'insert into orphan select id, id from plain',
  'insert into watched select id, 0, 0 from plain',
  'create trigger watched_before before update on watched for each row set new.w = new.v * 2',
  "create trigger watched_after after update on watched for each row insert into written (said) values (concat('row ', new.id, ' was ', old.v))",
  "create trigger watched_gone after delete on watched for each row insert into written (said) values (concat('row ', old.id, ' is gone'))",
  'create procedure twice(in row_id int) begin update plain set v = v + 1 where id = row_id; update copy set v = v + 1 where id = row_id; end',
];

const id = (random: Random): number => random.whole(1, IDS);

/** Transactions of one session; those with a name of their own end themselves. */
const PLAYS: readonly ((random: Random) => readonly string[])[] = [
  (random) => [
    'begin',
    `update plain set v = v + 1 where id = ${id(random)}`,
    'savepoint one',
    'update plain set v = -1',
    'delete from copy',
    'rollback to one',
    `update plain set v = v + 2 where id = ${id(random)}`,
    'commit',
  ],
  (random) => [
    'begin',
    'savepoint one',
    `update plain set v = v + 1 where id = ${id(random)}`,
    'rollback to one',
    'commit',
  ],
  (random) => [`insert ignore into copy select id, v from plain where id > ${id(random)}`],
  (random) => [
    `update plain join copy using (id) set plain.v = plain.v + 1, copy.v = copy.v - 1 where id < ${id(random)}`,
  ],
  (random) => [`delete copy, computed from copy left join computed using (id) where copy.id = ${id(random)}`],
  (random) => [
    `replace into computed (id, a) values (${id(random)}, ${random.whole(1, 9999)})`,
    `update computed set d = d + 1, a = a + 1 limit 3`,
  ],
  (random) => [
    'begin',
    `update watched set v = v + 1 where id = ${id(random)}`,
    `delete from watched where id = ${id(random)}`,
    'commit',
  ],
  (random) => [`call twice(${id(random)})`],
  () => [
    'create temporary table aside_t as select * from plain',
    'update aside_t set v = 0',
    'drop temporary table aside_t',
  ],
  (random) => ['begin', `update plain set v = v + 5 where id = ${id(random)}`, 'rollback'],
  (random) => [`insert into copy values (${id(random)}, 1) on duplicate key update v = v + 1`],
];

/** Distributed transactions: committed in one phase, in two, rolled back after they were prepared. */
const xa = (random: Random, name: string): readonly string[] => {
  const end = random.pick(['commit', 'rollback', 'one phase', 'rollback unprepared'] as const);
  const work = [
    `xa start '${name}'`,
    `update plain set v = v + 10 where id = ${id(random)}`,
    `update copy set v = v + 10 where id < ${id(random)}`,
    `xa end '${name}'`,
  ];
  if (end === 'one phase') return [...work, `xa commit '${name}' one phase`];
  if (end === 'rollback unprepared') return [...work, `xa rollback '${name}'`];
  return [...work, `xa prepare '${name}'`, `xa ${end} '${name}'`];
};

/** Deletes and renumbers parents; what becomes of their children is the server's doing. */
const cascade = (random: Random, round: number): readonly string[] => [
  'begin',
  `delete from parent where id = ${id(random)}`,
  `update parent set id = ${1000 * (round + 1)} + id where id = ${id(random)}`,
  `insert ignore into parent values (${id(random)}, 1)`,
  'commit',
];

/** Statements that write rows in other ways than one table at a time by a client. */
export const statements: Fault = {
  name: 'F33',
  what: 'XA, savepoints, INSERT … SELECT, multi-table changes, cascades over foreign keys, triggers, generated columns',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f33',
      servers: await arena.servers(),
      source: { statements: TABLES },
    });
    const { world } = scene;
    scene.start('normalizer');
    await quiesce(world);
    const endLoad = scene.oracle.start({ perSecond: 50 });
    const random = makeRandom(arena.seed, 'statements');
    const rounds = arena.isShort ? 8 : 80;
    for (let round = 0; round < rounds; round++) {
      for (const play of PLAYS) await say(world.source, play(random));
      await say(world.source, cascade(random, round));
    }
    await endLoad();
    await scene.oracle.run({ transactions: 250, perSecond: 250 });
    arena.check('cascades', await cascadesAreToldOrDocumented(world));
    await coreCheck(arena, scene);
    // Last, as it may leave behind what the checks above do not allow.
    const distributed = await playXa(world, random, rounds);
    arena.check('XA is told', await xaIsTold(world));
    return { ...scene.oracle.tally(), rounds, distributed };
  },
};

async function say(source: mysql.Connection, words: readonly string[]): Promise<void> {
  for (const one of words) await source.query(one);
}

/** XA in a session of its own, one of them open while others commit. */
async function playXa(world: World, random: Random, rounds: number): Promise<number> {
  const session = await mysql.createConnection({ uri: world.mysqlUrl, timezone: 'Z' });
  try {
    for (let round = 0; round < rounds; round++) {
      const words = xa(random, `x${round}`);
      for (const word of words) {
        await session.query(word);
        // Between PREPARE and the end others commit.
        if (word.startsWith('xa prepare'))
          await world.source.query(`update parent set v = v + 1 where id = ${id(random)}`);
      }
    }
    return rounds;
  } finally {
    await session.end();
  }
}

/** Either what XA committed is in the log, or each of its transactions keeps a place there that says that it cannot be known. */
async function xaIsTold(world: World): Promise<Findings> {
  await quiesce(world);
  const log = await scanLog(world);
  const wrong = await rebuiltEqual(world, log);
  if (wrong.length === 0) return [];
  const places = new Set(log.transactions.map(({ transactionId }) => transactionId));
  const prepared = (await readBinlog(world.source)).filter(({ isPrepared }) => isPrepared);
  const silent = prepared.filter(({ gtid }) => !places.has(gtid)).map(({ gtid }) => gtid);
  if (silent.length === 0) return [];
  return [
    `${silent.length} of ${prepared.length} XA transactions have no place in the log, such as ${silent[0]}; so ${wrong.join('; ')}`,
  ];
}

/** What a foreign key changes is in the log where MySQL logs it; where it does not, the page about values says so. */
async function cascadesAreToldOrDocumented(world: World): Promise<Findings> {
  await quiesce(world);
  const log = await scanLog(world);
  const wrong = (await rebuiltEqual(world, { tables: log.tables })).filter((finding) =>
    CASCADED.some((table) => finding.startsWith(`table ${table}:`)),
  );
  if (wrong.length === 0) return [];
  const isLogged = (await readBinlog(world.source)).some(({ tables }) => tables.has(`${world.name}.orphan`));
  if (isLogged) return [`MySQL logs what foreign keys change, and the log has not all of it: ${wrong.join('; ')}`];
  return /cascade/i.test(readFileSync(VALUES_PAGE, 'utf8'))
    ? []
    : [`what foreign keys change is not in the binary log, and values.md does not say so: ${wrong.join('; ')}`];
}
