import { canonicalJson } from '@overlay/evidence';
import type { ChangeEvent, ColumnDefinition } from '@overlay/model';
import type { TableRows } from './tables.ts';
import type { World } from './world.ts';

interface Change {
  readonly sequence: string;
  readonly transaction_id: string;
  readonly operation: string;
  readonly database_name: string;
  readonly table_name: string;
  readonly primary_key: string;
  readonly row_before: string | null;
  readonly row_after: string | null;
}

interface StoredChange extends Omit<Change, 'primary_key' | 'row_before' | 'row_after'> {
  /** Null for what is no change. */
  readonly body: string | null;
}

/** Read here and not by Postgres, which cannot take a value apart that holds a NUL. */
function imagesOf(body: string | null): Pick<Change, 'primary_key' | 'row_before' | 'row_after'> {
  if (body === null) return { primary_key: '', row_before: null, row_after: null };
  const { source, before, after } = JSON.parse(body) as ChangeEvent;
  const textOrNull = (image: ChangeEvent['after']): string | null => (image === null ? null : canonicalJson(image));
  return {
    primary_key: canonicalJson(source.primaryKey),
    row_before: textOrNull(before),
    row_after: textOrNull(after),
  };
}

interface Version {
  readonly sequence: string;
  readonly kind: string;
  readonly database_name: string;
  readonly table_name: string;
  readonly previous_database: string | null;
  readonly previous_table: string | null;
  readonly definition: {
    readonly columns: readonly ColumnDefinition[];
    readonly key: readonly string[];
    readonly renamedColumns: Readonly<Record<string, string>>;
  };
  readonly defaults: Readonly<Record<string, string>>;
}

type Row = Readonly<Record<string, string | null>>;

interface Folding {
  columns: readonly ColumnDefinition[];
  key: readonly string[];
  /** By key, or of a table without one by the row's own text, with how often it is there. */
  rows: Map<string, { readonly text: string; readonly count: number; readonly snapshot: string | null }>;
}

/**
 * The tables of a database as the log and the versions of their definitions alone say they are, in the log's order: changes, renames, drops, and
 * what a DDL makes of rows that are there. Where the log cannot know what it made of them (a column that the source fills in, another type), rows
 * are as they were until they are told of again.
 */
export async function foldTables({ record, name }: World): Promise<ReadonlyMap<string, TableRows>> {
  const versions = await record.query<Version>(
    `select sequence, kind, database_name, table_name, previous_database, previous_table, definition, defaults
      from audit.schema_versions where source = $1 order by sequence, ordinal`,
    [name],
  );
  const changes = await record.query<StoredChange>(
    `select coalesce(t.repairs, t.sequence) as sequence, t.transaction_id, operation, database_name, table_name,
        body::text as body, ordinal
      from audit.change_events e join audit.transactions t using (source, sequence) where source = $1
      union all select sequence, transaction_id, 'REPLACES', '', '', null, 0 from audit.transactions
        where source = $1 and kind = 'snapshot' and transaction_id ~ '^snapshot:[^:]+:\\d+:replaces:'
      order by 1, ordinal`,
    [name],
  );
  const fold = new Fold();
  const due = [...versions];
  for (const { body, ...stored } of changes) {
    const change = { ...stored, ...imagesOf(body) };
    while (due[0] && Number(due[0].sequence) <= Number(change.sequence)) fold.define(due.shift() as Version);
    fold.change(change);
  }
  for (const version of due) fold.define(version);
  return fold.tables(name);
}

class Fold {
  readonly #tables = new Map<string, Folding>();

  tables(database: string): ReadonlyMap<string, TableRows> {
    const own = [...this.#tables].filter(([name]) => name.startsWith(`${database}.`));
    return new Map(
      own.map(([name, { key, rows }]) => [
        name.slice(database.length + 1),
        {
          hasKey: key.length > 0,
          rows: new Map([...rows].map(([id, { text, count }]) => [id, key.length > 0 ? text : count])),
        },
      ]),
    );
  }

  define(version: Version): void {
    const name = `${version.database_name}.${version.table_name}`;
    const { columns, key, renamedColumns } = version.definition;
    if (version.kind === 'drop') {
      this.#tables.delete(name);
      return;
    }
    const before = version.kind === 'rename' ? `${version.previous_database}.${version.previous_table}` : name;
    const table = this.#tables.get(before);
    this.#tables.delete(before);
    if (!table || version.kind === 'create') {
      this.#tables.set(name, { columns, key, rows: new Map() });
      return;
    }
    const old = new Map(Object.entries(renamedColumns).map(([from, to]) => [to, from]));
    const isSame = JSON.stringify([table.columns, table.key]) === JSON.stringify([columns, key]);
    const next: Folding = { columns, key, rows: isSame ? table.rows : new Map() };
    this.#tables.set(name, next);
    if (isSame) return;
    for (const { text, count, snapshot } of table.rows.values()) {
      const row = JSON.parse(text) as Row;
      const entries = columns.flatMap((column): [string, string | null][] => {
        const former = old.get(column.name) ?? '';
        const value = former in row ? row[former] : row[column.name];
        if (value !== undefined) return [[column.name, value]];
        const added = addedValue(column, version.defaults[column.name]);
        return added === undefined ? [] : [[column.name, added]];
      });
      put(next, Object.fromEntries(entries), count, snapshot);
    }
  }

  change(change: Change): void {
    if (change.operation === 'REPLACES') {
      this.#forget(change.transaction_id);
      return;
    }
    const name = `${change.database_name}.${change.table_name}`;
    const table = this.#tables.get(name);
    if (!table) throw new Error(`sequence ${change.sequence} changes ${name}, which is not defined`);
    if (change.operation === 'TRUNCATE') table.rows.clear();
    else if (table.key.length > 0) {
      if (change.row_after === null) table.rows.delete(change.primary_key);
      else table.rows.set(change.primary_key, { text: change.row_after, count: 1, snapshot: snapshotOf(change) });
    } else {
      if (change.row_before !== null) add(table, change.row_before, -1, null);
      if (change.row_after !== null) add(table, change.row_after, 1, snapshotOf(change));
    }
  }

  /** What an unfinished snapshot told does not count. */
  #forget(transactionId: string): void {
    const replaced = transactionId.replace(/^.*:replaces:/, '');
    for (const { rows } of this.#tables.values())
      for (const [id, { snapshot }] of rows) if (snapshot === replaced) rows.delete(id);
  }
}

/** The place of the snapshot that a row was read in. */
const snapshotOf = ({ operation, transaction_id }: Change): string | null =>
  operation === 'READ' ? (/^snapshot:([^:]+:\d+):.*:\d+$/s.exec(transaction_id)?.[1] ?? null) : null;

function put(table: Folding, row: Row, count: number, snapshot: string | null): void {
  const text = textOf(row, Object.keys(row));
  if (table.key.length > 0) table.rows.set(textOf(row, table.key), { text, count: 1, snapshot });
  else add(table, text, count, snapshot);
}

function add(table: Folding, text: string, change: number, snapshot: string | null): void {
  const count = (table.rows.get(text)?.count ?? 0) + change;
  if (count === 0) table.rows.delete(text);
  else table.rows.set(text, { text, count, snapshot });
}

const textOf = (row: Row, names: readonly string[]): string =>
  `{${[...names]
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(row[name] ?? null)}`)
    .join(',')}}`;

/** What rows that were there have in a column that was added; undefined where only the source knows. */
function addedValue(column: ColumnDefinition, given: string | undefined): string | null | undefined {
  if (column.isFilledIn) return undefined;
  if (given !== undefined) return given;
  if (column.isNullable) return column.hasDefault ? undefined : null;
  if (/INT/.test(column.type)) return '0';
  if (/CHAR|TEXT/.test(column.type)) return '';
  if (/^DECIMAL/.test(column.type)) return (0).toFixed(column.scale ?? 0);
  return undefined;
}
