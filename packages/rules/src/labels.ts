import type { ChangeEvent, Decision, DenseRecord, Recall, Row } from '@overlay/model';
import type { Table } from '@overlay/packs';

/** What the stage remembers as text: the label of one row of a label table under {@link labelKey}, other values under {@link valueKey}. */
export type Label = string;

/** Labels that a record changes; null forgets. */
export type LabelChanges = ReadonlyMap<string, Label | null>;

/** The memory key of a label. `key` is the row's key as text, the parts of a key of several columns joined by a comma. */
export const labelKey = (table: string, key: string): string => `label:${table}:${key}`;

/** The memory key of a value that a table remembers under a name, `key` as in {@link labelKey}. */
const valueKey = (table: string, name: string, key: string): string => `value:${table}:${name}:${key}`;

/**
 * What the rows of label tables say, in their order, beyond what is remembered already. Only real changes are given, so that a memory
 * is not written again for every update that leaves a name alone.
 */
export function makeLearning(tables: Readonly<Record<string, Table>>, recall: Recall<Label>) {
  const changes = new Map<string, Label | null>();
  return {
    changes: changes as LabelChanges,
    learn(row: ChangeEvent): void {
      const table = Object.hasOwn(tables, row.source.table) ? tables[row.source.table] : undefined;
      if (table === undefined) return;
      if (table.label !== undefined) learnLabel(table.key, table.label, row, changes, recall);
      for (const name in table.remember) learnValue(name, table.remember[name], row, changes, recall);
    },
  };
}

type Learned = Map<string, Label | null>;

function learnLabel(key: readonly string[], label: string, row: ChangeEvent, changes: Learned, recall: Recall<Label>) {
  const [old, now] = [keyOf(key, row.before), keyOf(key, row.after)].map((of) =>
    of === null ? null : labelKey(row.source.table, of),
  );
  if (old != null && old !== now) set(changes, old, null, recall);
  if (now != null) set(changes, now, textOf(label, row.after), recall);
}

/**
 * The newest value stays when its row is gone: another row may have the same key. For the same reason an update that leaves the value as it was
 * says nothing new where one is known.
 */
function learnValue(
  name: string,
  remember: Table['remember'][string] | undefined,
  row: ChangeEvent,
  changes: Learned,
  recall: Recall<Label>,
) {
  const key = remember === undefined ? null : keyOf(remember.by, row.after);
  if (remember === undefined || key === null) return;
  const [at, value] = [valueKey(row.source.table, name, key), textOf(remember.column, row.after)];
  const isAsBefore = keyOf(remember.by, row.before) === key && textOf(remember.column, row.before) === value;
  if (isAsBefore && find(changes, recall, at) !== null) return;
  set(changes, at, value, recall);
}

/** What is remembered of a record. A repair's rows are older than what is remembered, so it teaches only names that nothing else gave. */
export function remembered(
  { kind }: DenseRecord<ChangeEvent>,
  changes: LabelChanges,
  recall: Recall<Label>,
): Pick<Decision<never, Label>, 'remember'> {
  const isNews = ([key, label]: readonly [string, Label | null]) => label !== null && recall(key) === undefined;
  const remember = kind === 'repair' ? [...changes].filter(isNews) : [...changes];
  return remember.length === 0 ? {} : { remember };
}

/** A label as it stands after the changes. */
export const findLabel = (changes: LabelChanges, recall: Recall<Label>, table: string, key: string): Label | null =>
  find(changes, recall, labelKey(table, key));

/** A remembered value as it stands after the changes. */
export const findValue = (
  changes: LabelChanges,
  recall: Recall<Label>,
  table: string,
  name: string,
  key: string,
): Label | null => find(changes, recall, valueKey(table, name, key));

function find(changes: LabelChanges, recall: Recall<Label>, at: string): Label | null {
  const changed = changes.get(at);
  return changed === undefined ? (recall(at) ?? null) : changed;
}

function set(changes: Map<string, Label | null>, key: string, label: Label | null, recall: Recall<Label>): void {
  if ((recall(key) ?? null) === label) changes.delete(key);
  else changes.set(key, label);
}

/** The parts of a key joined by a comma; null where one is missing. */
function keyOf(columns: readonly string[], values: Row | null): string | null {
  if (values === null) return null;
  const parts = columns.map((column) => values[column] ?? null);
  return parts.includes(null) ? null : parts.join(',');
}

function textOf(column: string, values: Row | null): Label | null {
  const value = values?.[column] ?? null;
  return value === null ? null : String(value);
}
