import type { ChangeEvent, ColumnDefinition, Row } from '@overlay/model';
import type { StoredDefinition } from '@overlay/storage';
import { isComputed } from './computed.ts';
import { isSealed, literal, nameSql, sameSql } from './literal.ts';

/** What one row went through: an update has both images, also where its key was changed. */
export interface RowChange {
  readonly eventId: string;
  readonly database: string;
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
  readonly definition: StoredDefinition | undefined;
  readonly doubtful: readonly string[];
}

/** SQL that takes a change back. What cannot be given back makes it a comment with placeholders: it is never another statement than the one that is right. */
export interface UndoStatement {
  readonly eventId: string;
  readonly database: string;
  readonly table: string;
  readonly sql: string;
  /** Why it is a comment; empty where it can be run. */
  readonly missing: readonly string[];
}

/** The reversing statement of a change. */
export function undoStatement(change: RowChange): UndoStatement {
  const { eventId, database, table, definition } = change;
  const made = { eventId, database, table };
  if (!definition)
    return { ...made, sql: `-- ${changeText(change)}`, missing: ['the definition of the table is not known'] };
  const writer = new Writer(definition, eventId);
  const sql = `${sqlOf(change, definition, writer)};`;
  const doubts = change.doubtful.map((column) => `column ${column}: the connector cannot tell its value from another`);
  const missing = [...new Set([...writer.missing, ...unprintable(change, definition), ...doubts])];
  return { ...made, sql: missing.length === 0 ? sql : `-- ${sql}`, missing };
}

function sqlOf({ database, table, before, after }: RowChange, definition: StoredDefinition, writer: Writer): string {
  const name = `${nameSql(database)}.${nameSql(table)}`;
  if (!before) return `delete from ${name} where ${writer.where(after ?? {})}`;
  const given = definition.columns.filter(({ name }) => !isComputed(name, definition.statements));
  if (!after) {
    const names = given.map((column) => nameSql(column.name)).join(', ');
    return `insert into ${name} (${names}) values (${given.map((column) => writer.value(before, column)).join(', ')})`;
  }
  // A time that the source moves with every update stays only where it is set.
  const changed = given.filter(({ name, type }) => before[name] !== after[name] || /^(TIMESTAMP|DATETIME)/.test(type));
  const set = changed.map((column) => `${nameSql(column.name)} = ${writer.value(before, column)}`).join(', ');
  return set === '' ? 'do 0' : `update ${name} set ${set} where ${writer.where(after)}`;
}

/** A name that steers a terminal cannot be shown as it is. */
const unprintable = ({ database, table }: RowChange, { columns }: StoredDefinition): readonly string[] =>
  [database, table, ...columns.map(({ name }) => name)].some((name) => /[\p{C}\p{Zl}\p{Zp}]/u.test(name))
    ? ['a name cannot be printed as it is']
    : [];

const changeText = ({ database, table, before, after }: RowChange): string =>
  `${before && after ? 'update' : before ? 'insert into' : 'delete from'} ${nameSql(database)}.${nameSql(table)}`;

/** Writes values, and keeps what could not be written. */
class Writer {
  readonly missing: string[] = [];
  readonly #definition: StoredDefinition;
  readonly #eventId: string;

  constructor(definition: StoredDefinition, eventId: string) {
    this.#definition = definition;
    this.#eventId = eventId;
  }

  value(row: Row, column: ColumnDefinition): string {
    const value = row[column.name];
    if (value !== undefined && !isSealed(value)) return literal(value, column);
    this.missing.push(`column ${column.name} ${value === undefined ? 'is not in the log' : 'is sealed'}`);
    const openable = typeof value === 'string' && value.startsWith('sealed:');
    return openable
      ? `/* auditctl open ${this.#eventId} --column ${column.name.replaceAll('*/', '')} */`
      : '/* not in the log */';
  }

  /** By primary key; without one by all that the row holds, of equal rows one. */
  where(row: Row): string {
    const { columns, key } = this.#definition;
    if (key.length === 0) return `${columns.map((column) => this.#isSame(row, column)).join(' and ')} limit 1`;
    return columns
      .filter(({ name }) => key.includes(name))
      .map((column) => `${nameSql(column.name)} = ${this.value(row, column)}`)
      .join(' and ');
  }

  #isSame(row: Row, column: ColumnDefinition): string {
    const value = row[column.name];
    return value === undefined || isSealed(value)
      ? `${nameSql(column.name)} <=> ${this.value(row, column)}`
      : sameSql(value, column);
  }
}

/** The changes of a transaction as rows went through them: a changed key comes as a DELETE and an INSERT of one row of the binary log's event. */
export function rowChanges(
  events: readonly ChangeEvent[],
  definitions: ReadonlyMap<string, StoredDefinition>,
): readonly RowChange[] {
  const changes: RowChange[] = [];
  for (const [at, event] of events.entries()) {
    const { source, before, after, metadata, eventId } = event;
    const former = events[at - 1];
    const isMoved =
      former !== undefined && former.operation === 'DELETE' && event.operation === 'INSERT' && isSameRow(former, event);
    if (isMoved) changes.pop();
    changes.push({
      eventId,
      database: source.database,
      table: source.table,
      before: isMoved ? former.before : before,
      after,
      definition: definitions.get(event.schemaVersion),
      doubtful: [...(metadata.doubtful ?? []), ...((isMoved && former.metadata.doubtful) || [])],
    });
  }
  return changes;
}

const isSameRow = (one: ChangeEvent, other: ChangeEvent): boolean =>
  one.source.database === other.source.database &&
  one.source.table === other.source.table &&
  one.metadata.file === other.metadata.file &&
  one.metadata.position === other.metadata.position &&
  (one.metadata.row ?? 0) === (other.metadata.row ?? 0);
