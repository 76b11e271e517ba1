import { z } from 'zod';
import { converterOf, type ToValue } from './column-values.ts';
import type { RawTable } from './raw-record.ts';

/** What the stage remembers of a table: its definition and how often that changed. */
export const TableDefinition = z.object({
  version: z.int().min(1),
  isDropped: z.boolean(),
  columns: z.array(
    z.object({ name: z.string(), type: z.string(), length: z.int().nullable(), scale: z.int().nullable() }),
  ),
  key: z.array(z.string()),
});
export type TableDefinition = z.infer<typeof TableDefinition>;

/** The definition after a DDL: the version rises when columns, types or key differ, and when a dropped table comes back. */
export function redefine(known: TableDefinition | undefined, { definition }: RawTable): TableDefinition {
  if (!definition)
    return { version: known?.version ?? 1, columns: known?.columns ?? [], key: known?.key ?? [], isDropped: true };
  const columns = definition.columns.map(({ name, type, length, scale }) => ({ name, type, length, scale }));
  const key = [...definition.key];
  if (!known) return { version: 1, isDropped: false, columns, key };
  const isSame = !known.isDropped && JSON.stringify([known.columns, known.key]) === JSON.stringify([columns, key]);
  return { version: isSame ? known.version : known.version + 1, isDropped: false, columns, key };
}

/** How to write the rows of one table: its columns in the order of canonical JSON, each with its key text and converter. */
export interface RowPlan {
  readonly version: number;
  readonly columns: readonly { readonly name: string; readonly prefix: string; readonly toValue: ToValue }[];
  readonly converters: ReadonlyMap<string, ToValue>;
  /** Primary key columns, sorted; none for a table without one. */
  readonly key: readonly string[];
}

export function planOf({ version, columns, key }: TableDefinition): RowPlan {
  const converters = new Map(columns.map((column) => [column.name, converterOf(column)]));
  const sorted = [...converters].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version,
    converters,
    columns: sorted.map(([name, toValue]) => ({ name, prefix: `${JSON.stringify(name)}:`, toValue })),
    key: key.toSorted(),
  };
}
