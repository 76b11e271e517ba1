import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import type { Random } from '../kit/random.ts';
import { makeRandom } from '../kit/random.ts';
import { filled } from '../kit/types.ts';
import { quoteName } from '../kit/types-kinds.ts';
import { createStatement, newColumn, type RandomTable } from './random-schema.ts';

/** Rows of a table have ids up to this, so that changes meet rows that are there. */
const IDS_MAX = 60;
const WRITERS = 3;
const PAUSE_MS_MAX = 20;

/** What MySQL answers to a change that cannot be made there and then: foreign keys, keys, locks, tables and columns that are other ones by now. */
const EXPECTED: ReadonlySet<number> = new Set([
  1054, 1060, 1062, 1072, 1091, 1118, 1136, 1146, 1205, 1213, 1364, 1451, 1452, 1553, 1701, 1828, 1829, 1846, 3108,
  3730, 3780,
]);
const ENDS_TRANSACTION: ReadonlySet<number> = new Set([1205, 1213]);

const numberOf = (thrown: unknown): number => (thrown instanceof Error && 'errno' in thrown ? Number(thrown.errno) : 0);

/** How often what was done, and how often MySQL would not. */
export interface RandomTally {
  readonly transactions: number;
  readonly refused: number;
  readonly ddl: Readonly<Record<string, number>>;
}

/** A connection that writes every value as it is told to. */
async function connect(url: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection(url);
  await connection.query(
    "set time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES', names utf8mb4, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5",
  );
  return connection;
}

/** Writers and one who changes definitions, all at once, until they are ended; gives what was done. */
export function playRandom(
  url: string,
  seed: number,
  tables: readonly RandomTable[],
  onFailure: (thrown: unknown) => void,
): () => Promise<RandomTally> {
  const stop = new AbortController();
  const tally = { transactions: 0, refused: 0, ddl: {} as Record<string, number> };
  const repeat = async (name: string, turn: (play: Turn) => Promise<void>): Promise<void> => {
    const play = { connection: await connect(url), random: makeRandom(seed, name), tables, tally };
    while (!stop.signal.aborted) {
      await turn(play);
      await sleep(play.random.whole(0, PAUSE_MS_MAX));
    }
    await play.connection.end();
  };
  const works = Array.from({ length: WRITERS }, (_, writer) => repeat(`writer ${writer}`, transact));
  works.push(repeat('definer', define));
  for (const work of works) work.catch(onFailure);
  return async () => {
    stop.abort();
    await Promise.all(works);
    return tally;
  };
}

interface Turn {
  readonly connection: mysql.Connection;
  readonly random: Random;
  readonly tables: readonly RandomTable[];
  readonly tally: { transactions: number; refused: number; ddl: Record<string, number> };
}

/** False where MySQL would not; throws what nobody expects. */
async function attempt({ connection, tally }: Turn, statement: string): Promise<number> {
  try {
    await connection.query(statement);
    return 0;
  } catch (thrown) {
    const number = numberOf(thrown);
    if (!EXPECTED.has(number)) throw new Error(`MySQL refused '${statement.slice(0, 300)}'`, { cause: thrown });
    tally.refused++;
    return number;
  }
}

/** One transaction of a few statements; now and then some of it, or all, is rolled back. */
async function transact(turn: Turn): Promise<void> {
  const { connection, random, tally } = turn;
  await connection.query('begin');
  for (let left = random.whole(1, 5); left > 0; left--) {
    const isTaken = random.chance(0.1);
    if (isTaken) await connection.query('savepoint here');
    if (ENDS_TRANSACTION.has(await attempt(turn, writeOf(turn)))) {
      await connection.query('rollback');
      return;
    }
    if (isTaken) await connection.query('rollback to savepoint here');
  }
  await connection.query(random.chance(0.05) ? 'rollback' : 'commit');
  tally.transactions++;
}

function writeOf({ random, tables }: Turn): string {
  const table = random.pick(tables);
  const id = random.whole(1, IDS_MAX);
  const where = random.chance(0.8) ? `id = ${id}` : `id between ${id} and ${id + 4}`;
  const columns = valuesOf(random, table);
  const set = [...columns].map(([name, value]) => `${name} = ${value}`).join(', ');
  return random.pick([
    () => insert('insert', table, [id], random),
    () => insert('insert', table, [id, id + 1, id + 2], random),
    () => insert('replace', table, [id], random),
    () => `${insert('insert', table, [id], random)} on duplicate key update ${set === '' ? 'id = id' : set}`,
    () => `update ${table.name} set ${set === '' ? 'id = id' : set} where ${where}`,
    () => `update ${table.name} set id = id + 1 where id = ${id}`,
    () => `delete from ${table.name} where ${where}`,
  ])();
}

/** A value of each column that takes one, as SQL, by its quoted name; one in twelve is null. */
function valuesOf(random: Random, { columns, parent }: RandomTable): ReadonlyMap<string, string> {
  const values = new Map(
    filled(columns).map(({ name, value }) => [quoteName(name), random.chance(1 / 12) ? 'null' : value(random)]),
  );
  if (parent) values.set('parent', random.chance(0.3) ? 'null' : String(random.whole(1, IDS_MAX)));
  return values;
}

function insert(verb: string, table: RandomTable, ids: readonly number[], random: Random): string {
  const rows = ids.map((id) => [String(id), ...valuesOf(random, table).values()].join(', '));
  const names = ['id', ...valuesOf(random, table).keys()].join(', ');
  return `${verb} into ${table.name} (${names}) values ${rows.map((row) => `(${row})`).join(', ')}`;
}

/** One change of a definition, in the middle of what the writers do. */
async function define(turn: Turn): Promise<void> {
  const { random, tables, tally } = turn;
  const table = random.pick(tables);
  const name = `n${random.whole(0, 1e9)}`;
  // Debezium does not find a column again whose name holds a backtick, and stops for good.
  const named = table.columns.filter((one) => !one.name.includes('`'));
  const column = random.pick(named.length > 0 ? named : [newColumn(random, name)]);
  const kinds: Readonly<Record<string, () => Promise<boolean>>> = {
    add: () =>
      alter(turn, table, [...table.columns, newColumn(random, name)], (all) => `add column ${definition(all.at(-1))}`),
    'add first': () =>
      alter(
        turn,
        table,
        [newColumn(random, name), ...table.columns],
        (all) => `add column ${definition(all[0])} first`,
      ),
    drop: () =>
      table.columns.length < 3
        ? Promise.resolve(false)
        : alter(
            turn,
            table,
            table.columns.filter((one) => one !== column),
            () => `drop column ${quoteName(column.name)}`,
          ),
    'rename column': () =>
      alter(
        turn,
        table,
        table.columns.map((one) => (one === column ? { ...one, name } : one)),
        () => `rename column ${quoteName(column.name)} to ${name}`,
      ),
    index: () => alter(turn, table, table.columns, () => `add index ${name} (id)`),
    async rename() {
      const isDone = (await attempt(turn, `rename table ${table.name} to any_${name}`)) === 0;
      if (isDone) table.name = `any_${name}`;
      return isDone;
    },
    truncate: async () => (await attempt(turn, `truncate table ${table.name}`)) === 0,
    async 'drop and create'() {
      if ((await attempt(turn, `drop table ${table.name}`)) !== 0) return false;
      await turn.connection.query(createStatement(random, table));
      return true;
    },
  };
  const [kind, change] = random.pick(Object.entries(kinds));
  if (await change()) tally.ddl[kind] = (tally.ddl[kind] ?? 0) + 1;
  await sleep(random.whole(100, 600));
}

const definition = (column: RandomTable['columns'][number] | undefined): string =>
  column ? `${quoteName(column.name)} ${column.ddl}` : '';

async function alter(
  turn: Turn,
  table: RandomTable,
  columns: RandomTable['columns'],
  clauseOf: (columns: RandomTable['columns']) => string,
): Promise<boolean> {
  if ((await attempt(turn, `alter table ${table.name} ${clauseOf(columns)}`)) !== 0) return false;
  table.columns = columns;
  return true;
}
