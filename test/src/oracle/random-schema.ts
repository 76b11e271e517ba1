import type { Random } from '../kit/random.ts';
import { COLUMNS, type TypeColumn } from '../kit/types.ts';
import { quoteName } from '../kit/types-kinds.ts';

/** A table as it is known to be; other sessions may be a little behind. */
export interface RandomTable {
  name: string;
  /** Beside `id`, and `parent` where there is one. */
  columns: readonly TypeColumn[];
  /** The table that `parent` refers to, if it does. */
  readonly parent: RandomTable | undefined;
  readonly hasKey: boolean;
}

const TABLES = 30;
const COLUMNS_MIN = 3;
const COLUMNS_MAX = 14;
/** What generated columns are made of. */
const MADE_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['doubled', ['small']],
  ['unseen_too', ['small']],
  ['kept', ['varying', 'tiny']],
]);
const ACTIONS = ['restrict', 'restrict', 'cascade', 'set null'] as const;

/** Of a column that a DDL calls BOOLEAN the connector tells true or false, whatever number it holds: the log says so, and it is left out here. */
const TYPED: readonly TypeColumn[] = COLUMNS.map((column) =>
  column.ddl === 'boolean' ? { ...column, ddl: 'tinyint(1)' } : column,
);

const columnNamed = (name: string): TypeColumn[] => TYPED.filter((column) => column.name === name);

/** Columns of every type but the key: one by one each type comes up in some table, then any. */
function columnsOf(random: Random, at: number): readonly TypeColumn[] {
  const plain = TYPED.filter(({ name }) => name !== 'id');
  const due = plain.filter((_, index) => index % TABLES === at);
  const more = Array.from({ length: random.whole(COLUMNS_MIN, COLUMNS_MAX) }, () => random.pick(plain));
  const wanted = [...due, ...more].flatMap(({ name }) => [
    ...(MADE_OF.get(name) ?? []).flatMap(columnNamed),
    ...columnNamed(name),
  ]);
  // What a generated column is made of stands ahead of it.
  return [...new Set(wanted)].sort((a, b) => plain.indexOf(a) - plain.indexOf(b));
}

/** Tables made at random: columns of all types of MySQL, foreign keys to earlier tables or to themselves, a few without a primary key. */
export function makeRandomTables(random: Random): readonly RandomTable[] {
  const tables: RandomTable[] = [];
  for (let at = 0; at < TABLES; at++) {
    const hasKey = !random.chance(0.1);
    const keyed = tables.filter((table) => table.hasKey);
    const parent = keyed.length > 0 && random.chance(0.6) ? random.pick(keyed) : undefined;
    tables.push({ name: `any_${String(at).padStart(2, '0')}`, columns: columnsOf(random, at), parent, hasKey });
  }
  return tables;
}

/** The statement that makes a table. */
export function createStatement(random: Random, { name, columns, parent, hasKey }: RandomTable): string {
  const parts = [
    `id bigint unsigned not null${hasKey ? ' primary key' : ''}`,
    ...columns.map((column) => `${quoteName(column.name)} ${column.ddl}`),
    ...(parent
      ? [
          `parent bigint unsigned, foreign key (parent) references ${parent.name} (id) on delete ${random.pick(ACTIONS)}`,
        ]
      : []),
  ];
  return `create table ${name} (${parts.join(', ')}) character set utf8mb4`;
}

/** A column for a table that is there. */
export const newColumn = (random: Random, name: string): TypeColumn => ({
  ...random.pick(TYPED.filter((column) => column.value !== undefined)),
  name,
});
