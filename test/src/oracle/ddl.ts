import type mysql from 'mysql2/promise';
import type { Random } from '../kit/random.ts';

interface Column {
  readonly name: string;
  readonly type: keyof typeof TYPES;
}

/** A table as the plan knows it. */
interface Table {
  name: string;
  readonly columns: Column[];
  readonly ids: Set<number>;
  /** Moment of the last DDL that changed what it holds without telling of rows, and of each row's last write. */
  changedAt: number;
  retypedAt: number;
  readonly writtenAt: Map<number, number>;
  /** How often its definition changed since it got its name; undefined once it was renamed. */
  version: number | undefined;
}

/** Types, what one is changed into without loss, and a value of each. */
const TYPES = {
  int: { wider: ['bigint', 'varchar(60)'], value: (random: Random) => random.whole(-1e9, 1e9) },
  bigint: {
    wider: ['varchar(60)'],
    value: (random: Random) => random.pick(['9223372036854775807', '-9007199254740993', '7']),
  },
  'varchar(20)': { wider: ['varchar(60)', 'text'], value: (random: Random) => `é ${random.whole(0, 1e9)}` },
  'varchar(60)': { wider: ['text'], value: (random: Random) => `“${random.whole(0, 1e9)}” 🦊` },
  text: { wider: [], value: (random: Random) => 'words '.repeat(random.whole(0, 30)) },
  'decimal(10,2)': { wider: ['decimal(14,4)'], value: (random: Random) => `${random.whole(0, 1e7)}.25` },
  'decimal(14,4)': { wider: [], value: (random: Random) => `-${random.whole(0, 1e8)}.0625` },
  datetime: { wider: ['datetime(6)'], value: (random: Random) => `2026-03-0${random.whole(1, 9)} 10:11:12` },
  'datetime(6)': {
    wider: [],
    value: (random: Random) => `2026-03-0${random.whole(1, 9)} 10:11:12.00123${random.whole(0, 9)}`,
  },
  "enum('a','b')": { wider: ["enum('z','a','b')"], value: (random: Random) => random.pick(['a', 'b']) },
  "enum('z','a','b')": { wider: [], value: (random: Random) => random.pick(['a', 'b', 'z']) },
  'varbinary(20)': { wider: ['blob'], value: (random: Random) => Buffer.from([random.whole(0, 255), 0, 255, 1]) },
  blob: { wider: [], value: (random: Random) => Buffer.from([random.whole(0, 255), 7]) },
  json: { wider: [], value: (random: Random) => `{"n":${random.whole(0, 9)},"t":"a b"}` },
} as const satisfies Record<string, { wider: readonly string[]; value: (random: Random) => unknown }>;

const TYPE_NAMES = Object.keys(TYPES) as (keyof typeof TYPES)[];

/** A source of DDL between DML on tables of its own, `ddl_…`. */
export interface DdlPlay {
  /** One DDL, then some transactions. */
  readonly step: () => Promise<void>;
  /** One transaction on these tables, without DDL. */
  readonly write: () => Promise<void>;
  /** How often each kind of DDL was done. */
  readonly done: ReadonlyMap<string, number>;
  /** Whether a row was written after the last DDL that changed its table: the log alone can then know it. */
  readonly isFresh: (table: string, id: number) => boolean;
  /** Whether a row was written after the last DDL that changed a type in its table: what that made of its values no log tells. */
  readonly isTold: (table: string, id: number) => boolean;
  /** Names of the tables as they are now. */
  readonly tables: () => readonly string[];
  /** Tables that were never renamed, with the version that their newest definition has. */
  readonly versions: () => ReadonlyMap<string, number>;
}

const TABLES = 6;

export const ddlTables: readonly string[] = Array.from(
  { length: TABLES },
  (_, n) => `create table ddl_${n} (id int primary key, c0 int, c1 varchar(20))`,
);

export function makeDdlPlay(connection: mysql.Connection, random: Random): DdlPlay {
  const tables = Array.from({ length: TABLES }, (_, n): Table => fresh(`ddl_${n}`));
  const done = new Map<string, number>();
  let moment = 0;
  let named = 0;
  const state = { connection, random, newName: (prefix: string) => `${prefix}${++named}`, now: () => ++moment };
  const writeSome = async (): Promise<void> => {
    await connection.query('begin');
    for (let writes = random.whole(1, 4); writes > 0; writes--) await write(state, random.pick(tables));
    await connection.query('commit');
  };
  return {
    done,
    async step() {
      const [kind, change] = random.pick(CHANGES);
      const table = random.pick(tables);
      if (random.chance(0.2)) await connection.query('begin'); // which the DDL commits
      if (random.chance(0.3)) await write(state, table);
      await change(state, table, tables);
      done.set(kind, (done.get(kind) ?? 0) + 1);
      for (let times = random.whole(1, 3); times > 0; times--) await writeSome();
    },
    write: writeSome,
    isFresh: (name, id) => isSince(tables, name, id, ({ changedAt }) => changedAt),
    isTold: (name, id) => isSince(tables, name, id, ({ retypedAt }) => retypedAt),
    tables: () => tables.map(({ name }) => name),
    versions: () =>
      new Map(tables.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version] as const]))),
  };
}

function isSince(tables: readonly Table[], name: string, id: number, moment: (table: Table) => number): boolean {
  const table = tables.find((one) => one.name === name);
  return table !== undefined && (table.writtenAt.get(id) ?? 0) >= moment(table);
}

const fresh = (name: string): Table => ({
  name,
  columns: [
    { name: 'c0', type: 'int' },
    { name: 'c1', type: 'varchar(20)' },
  ],
  ids: new Set(),
  changedAt: 0,
  retypedAt: 0,
  writtenAt: new Map(),
  version: 1,
});

interface State {
  readonly connection: mysql.Connection;
  readonly random: Random;
  readonly newName: (prefix: string) => string;
  /** Rises with every call. */
  readonly now: () => number;
}

/** Inserts, updates or deletes a few rows of a table, as its columns are now. */
async function write({ connection, random, now }: State, table: Table): Promise<void> {
  const id = random.whole(1, 40);
  const values = Object.fromEntries(
    table.columns.map(({ name, type }) => [name, random.chance(0.1) ? null : TYPES[type].value(random)]),
  );
  if (!table.ids.has(id)) {
    await connection.query('insert into ?? set ?', [table.name, { id, ...values }]);
    table.ids.add(id);
  } else if (random.chance(0.25)) {
    await connection.query('delete from ?? where id = ?', [table.name, id]);
    table.ids.delete(id);
  } else {
    // A row that gets what it has is not written, and stays as old as it is.
    const [answer] = await connection.query<mysql.ResultSetHeader>('update ?? set ? where id = ?', [
      table.name,
      values,
      id,
    ]);
    if (!/Changed: 1/.test(answer.info)) return;
  }
  table.writtenAt.set(id, now());
}

type Change = (state: State, table: Table, tables: readonly Table[]) => Promise<void>;

const alter = ({ connection }: State, table: Table, clause: string) =>
  connection.query(`alter table ${table.name} ${clause}`);

/** The definition is another one from here on, and rows that are there may be other ones. */
function changed(state: State, table: Table): void {
  table.changedAt = state.now();
  if (table.version !== undefined) table.version++;
}

const add =
  (tail: string): Change =>
  async (state, table) => {
    const [name, type] = [state.newName('n'), state.random.pick(TYPE_NAMES)];
    await alter(state, table, `add column ${name} ${type} ${tail}`);
    table.columns.push({ name, type });
    changed(state, table);
  };

const CHANGES: readonly (readonly [string, Change])[] = [
  ['add column', add('')],
  ['add column first', add('first')],
  [
    'add column with default',
    async (state, table) => {
      const name = state.newName('n');
      await alter(state, table, `add column ${name} int default 7 after id`);
      table.columns.push({ name, type: 'int' });
      changed(state, table);
    },
  ],
  [
    'drop column',
    async (state, table) => {
      const column = table.columns.at(state.random.whole(0, table.columns.length - 1));
      if (!column || table.columns.length < 2) return add('')(state, table, []);
      await alter(state, table, `drop column ${column.name}`);
      table.columns.splice(table.columns.indexOf(column), 1);
      changed(state, table);
    },
  ],
  [
    'rename column',
    async (state, table) => {
      const [column] = table.columns;
      if (!column) return;
      const name = state.newName('r');
      await alter(state, table, `rename column ${column.name} to ${name}`);
      table.columns[0] = { ...column, name };
      changed(state, table);
    },
  ],
  [
    'change type',
    async (state, table) => {
      const at = table.columns.findIndex(({ type }) => TYPES[type].wider.length > 0);
      const column = table.columns[at];
      if (!column) return add('')(state, table, []);
      const type = state.random.pick<keyof typeof TYPES>(TYPES[column.type].wider);
      await alter(state, table, `modify column ${column.name} ${type}`);
      table.columns[at] = { ...column, type };
      table.retypedAt = state.now();
      changed(state, table);
    },
  ],
  [
    'add index',
    async (state, table) => {
      await alter(state, table, `add index ${state.newName('i')} (id)`);
    },
  ],
  [
    'rename table',
    async (state, table) => {
      const name = state.newName('ddl_r');
      await state.connection.query(`rename table ${table.name} to ${name}`);
      table.name = name;
      table.version = undefined;
      table.changedAt = state.now();
    },
  ],
  [
    'swap two tables',
    async (state, table, tables) => {
      const other = tables.find((one) => one !== table);
      if (!other) return;
      const [a, b] = [table.name, other.name];
      await state.connection.query(`rename table ${a} to ddl_swap, ${b} to ${a}, ddl_swap to ${b}`);
      [table.name, other.name] = [b, a];
      for (const one of [table, other]) {
        one.version = undefined;
        one.changedAt = state.now();
      }
    },
  ],
  [
    'truncate',
    async (state, table) => {
      await state.connection.query(`truncate table ${table.name}`);
      table.ids.clear();
    },
  ],
  [
    'drop and create',
    async (state, table) => {
      await state.connection.query(`drop table ${table.name}`);
      await state.connection.query(`create table ${table.name} (id int primary key, c0 int, c1 varchar(20))`);
      const { columns } = fresh(table.name);
      table.columns.splice(0, table.columns.length, ...columns);
      table.ids.clear();
      changed(state, table);
    },
  ],
];
