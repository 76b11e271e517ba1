import type mysql from 'mysql2/promise';
import { makeRandom, type Random } from '../kit/random.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Fault } from './arena.ts';
import { coreCheck, setScene } from './scene.ts';

const IDS = 40;

const TABLES = [
  'create table keyed (id int primary key, v int not null)',
  'create table paired (a int, b varchar(10), v int not null, primary key (a, b))',
  'create table unkeyed (a int, b varchar(20), v int)',
  'create table once (a int not null unique, v int)',
  'create table perhaps (a int null unique, v int)',
  `insert into keyed with recursive n (i) as (select 1 union all select i + 1 from n where i < ${IDS}) select i, 0 from n`,
  "insert into paired select id, 'a', 0 from keyed",
  "insert into unkeyed select id % 5, 'same', 0 from keyed",
  'insert into once select id, 0 from keyed',
  'insert into perhaps select if(id % 2, id, null), id % 3 from keyed',
];

/** Statements of one transaction. */
type Move = (random: Random) => readonly string[];

const id = (random: Random): number => random.whole(1, IDS);
const number = (random: Random): number => random.whole(1, 1e9);

/** One row a hundred times, its value and its key in turns; at the end the key is where it was. */
const hundredTimes: Move = (random) => {
  const row = id(random);
  return Array.from({ length: 50 }, (_, n) => [
    `update keyed set v = v + ${n + 1} where id = ${n % 2 === 0 ? row : row + 500}`,
    `update keyed set id = ${n % 2 === 0 ? row + 500 : row} where id = ${n % 2 === 0 ? row : row + 500}`,
  ]).flat();
};

const swap: Move = (random) => {
  const [one, other] = [id(random), id(random)];
  return [
    `update keyed set id = -1 where id = ${one}`,
    `update keyed set id = ${one} where id = ${other}`,
    `update keyed set id = ${other} where id = -1`,
  ];
};

const MOVES: Readonly<Record<string, Move>> = {
  hundredTimes,
  swap,
  'shift all keys': () => ['update keyed set id = id + 1 order by id desc', 'update keyed set id = id - 1 order by id'],
  'swap by signs': () => ['update keyed set id = -id where id <= 10', `update keyed set id = 11 + id where id < 0`],
  'delete and insert again': (random) => {
    const row = id(random);
    return [`delete from keyed where id = ${row}`, `insert into keyed values (${row}, ${number(random)})`];
  },
  'insert and delete': () => [
    'insert into keyed values (9999, 1)',
    'update keyed set v = 2 where id = 9999',
    'delete from keyed where id = 9999',
  ],
  'take the place of a deleted row': (random) => {
    const row = id(random);
    return [
      `delete from keyed where id = ${row}`,
      `insert into keyed values (8888, ${number(random)})`,
      `update keyed set id = ${row} where id = 8888`,
    ];
  },
  'part of a key': (random) => [
    `update paired set b = '${random.pick(['a', 'A', 'é', ''])}', v = ${number(random)} where a = ${id(random)}`,
    `update paired set a = a + 1000, b = concat(b, '.') where a = ${id(random)}`,
    `update paired set a = a - 1000, b = 'a' where a > 1000`,
  ],
  replace: (random) => [
    `replace into keyed values (${id(random)}, ${number(random)})`,
    `replace into once values (${id(random)}, ${number(random)})`,
  ],
  'insert or update': (random) => [`insert into keyed values (${id(random)}, 1) on duplicate key update v = v + 7`],
  'one of equal rows': (random) => [
    `insert into unkeyed values (${random.whole(0, 4)}, 'same', 0), (${random.whole(0, 4)}, 'same', 0), (null, null, null)`,
    `update unkeyed set b = 'other' where a = ${random.whole(0, 4)} limit 1`,
    `delete from unkeyed where a = ${random.whole(0, 4)} limit 1`,
  ],
  'all of equal rows': (random) => [
    `update unkeyed set v = ${number(random)} where a = ${random.whole(0, 4)}`,
    `update unkeyed set v = 0, b = 'same'`,
  ],
  'unique instead of primary': (random) => [
    `update once set a = a + 1 order by a desc`,
    `update once set a = a - 1, v = ${number(random)} order by a`,
  ],
  'unique, and null': (random) => [
    `insert into perhaps values (null, ${random.whole(0, 2)}), (null, ${random.whole(0, 2)})`,
    `update perhaps set v = ${number(random)} where a is null limit 1`,
    `update perhaps set a = null where a = ${id(random)}`,
    'delete from perhaps where a is null limit 1',
  ],
};

/** Keys change, are swapped, are missing; rows are written again and again in one transaction. */
export const keys: Fault = {
  name: 'F31',
  what: 'changed, swapped and missing primary keys, one row a hundred times in a transaction',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f31',
      servers: await arena.servers(),
      source: { statements: TABLES },
    });
    scene.start('normalizer');
    await quiesce(scene.world);
    const endLoad = scene.oracle.start({ perSecond: 50 });
    const random = makeRandom(arena.seed, 'keys');
    const names = Object.keys(MOVES);
    const rounds = arena.isShort ? 8 : 60;
    for (let round = 0; round < rounds; round++) {
      for (const name of names) await move(scene.world.source, MOVES[name]?.(random) ?? []);
    }
    await endLoad();
    await scene.oracle.run({ transactions: 250, perSecond: 250 });
    await coreCheck(arena, scene);
    return { ...scene.oracle.tally(), moves: rounds * names.length };
  },
};

/** One transaction. */
async function move(source: mysql.Connection, statements: readonly string[]): Promise<void> {
  await source.query('begin');
  for (const statement of statements) await source.query(statement);
  await source.query('commit');
}
