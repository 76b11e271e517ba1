import { z } from 'zod';
import { converterOf, type ToValue } from './column-values.ts';
import { type Doubt, doubtOf } from './doubt.ts';
import type { RawColumn, RawTable } from './raw-record.ts';

const Column = z.object({
  name: z.string(),
  type: z.string(),
  length: z.int().nullable(),
  scale: z.int().nullable(),
  labels: z.array(z.string()).nullable().default(null),
  charset: z.string().nullable().default(null),
  isNullable: z.boolean().default(true),
  default: z.string().nullable().default(null),
  isFilledIn: z.boolean().default(false),
});

/** What the stage remembers of a table by its name: its definition, and how often that changed. */
export const TableDefinition = z.object({
  /** The same for a table through all of its names. */
  id: z.string(),
  version: z.int().min(1),
  /** There is no table of this name now; the next one counts on. */
  isDropped: z.boolean(),
  /** It made room for the changed copy of itself, which is to get its name and its identity. */
  isBeingReplaced: z.boolean().default(false),
  columns: z.array(Column),
  key: z.array(z.string()),
});
export type TableDefinition = z.infer<typeof TableDefinition>;

/** A definition as a DDL gives it, without whose it is. */
export type Shape = Pick<TableDefinition, 'columns' | 'key'>;

export const shapeGiven = ({ columns, key }: NonNullable<RawTable['definition']>): Shape => ({
  columns: columns.map((column) => Column.parse(column)),
  key: [...key],
});

/** Whether two definitions are one version. */
export const isSameShape = (one: Shape, other: Shape): boolean => textOf(one) === textOf(other);

/** What a version stands for. Whether a column may be null, its default and its character set are no part of it. */
const textOf = ({ columns, key }: Shape): string =>
  JSON.stringify([columns.map(({ name, type, length, scale, labels }) => [name, type, length, scale, labels]), key]);

/** How to write the rows of one table: its columns in the order of canonical JSON, each with its key text and converter. */
export interface RowPlan {
  readonly version: number;
  readonly columns: readonly { readonly name: string; readonly prefix: string; readonly toValue: ToValue }[];
  readonly converters: ReadonlyMap<string, ToValue>;
  /** Columns that may hold what the source does not, sorted; for most tables none. */
  readonly doubts: readonly Doubt[];
  /** Primary key columns, sorted; none for a table without one. */
  readonly key: readonly string[];
  /** The table that is being changed online, where this one only helps to do so. */
  readonly ghostOf: string | null;
}

/** @param ghost the table that is being changed online, where this one only helps to do so */
export function planOf({ version, columns, key }: Shape & { version: number }, ghost: string | null = null): RowPlan {
  const converters = new Map(columns.map((column) => [column.name, converterOf(column)]));
  const sorted = [...converters].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version,
    converters,
    columns: sorted.map(([name, toValue]) => ({ name, prefix: `${JSON.stringify(name)}:`, toValue })),
    doubts: columns
      .toSorted(byName)
      .map((column: RawColumn) => doubtOf(column))
      .filter((doubt) => doubt !== undefined),
    key: key.toSorted(),
    ghostOf: ghost,
  };
}

const byName = (a: RawColumn, b: RawColumn): number => (a.name < b.name ? -1 : 1);
