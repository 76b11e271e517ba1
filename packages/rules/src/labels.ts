import type { ChangeEvent, Recall, Row } from '@overlay/model';
import type { Table } from '@overlay/packs';

/** What the stage remembers: the label of one row of a label table, under {@link labelKey}. */
export type Label = string;

/** Labels that a record changes; null forgets. */
export type LabelChanges = ReadonlyMap<string, Label | null>;

/** The memory key of a label. `key` is the row's key as text, the parts of a key of several columns joined by a comma. */
export const labelKey = (table: string, key: string): string => `label:${table}:${key}`;

/**
 * What the rows of label tables say, in their order, beyond what is remembered already. Only real changes are given, so that a memory
 * is not written again for every update that leaves a name alone.
 */
export function learnLabels(
  tables: Readonly<Record<string, Table>>,
  rows: Iterable<ChangeEvent>,
  recall: Recall<Label>,
): LabelChanges {
  const changes = new Map<string, Label | null>();
  for (const row of rows) {
    const table = Object.hasOwn(tables, row.source.table) ? tables[row.source.table] : undefined;
    if (table?.label === undefined) continue;
    const [old, now] = [keyOf(table, row, row.before), keyOf(table, row, row.after)];
    if (old !== null && old !== now) set(changes, old, null, recall);
    if (now !== null) set(changes, now, labelOf(table.label, row.after), recall);
  }
  return changes;
}

/** What a repair may teach: its rows are older than what is remembered, so only names that nothing else gave. */
export const onlyUnknown = (changes: LabelChanges, recall: Recall<Label>): LabelChanges =>
  new Map([...changes].filter(([key, label]) => label !== null && recall(key) === undefined));

/** A label as it stands after the changes. */
export const findLabel = (changes: LabelChanges, recall: Recall<Label>, table: string, key: string): Label | null => {
  const at = labelKey(table, key);
  const changed = changes.get(at);
  return changed === undefined ? (recall(at) ?? null) : changed;
};

function set(changes: Map<string, Label | null>, key: string, label: Label | null, recall: Recall<Label>): void {
  if ((recall(key) ?? null) === label) changes.delete(key);
  else changes.set(key, label);
}

function keyOf(table: Table, row: ChangeEvent, values: Row | null): string | null {
  if (values === null) return null;
  const parts = table.key.map((column) => values[column] ?? null);
  return parts.includes(null) ? null : labelKey(row.source.table, parts.join(','));
}

function labelOf(column: string, values: Row | null): Label | null {
  const label = values?.[column] ?? null;
  return label === null ? null : String(label);
}
