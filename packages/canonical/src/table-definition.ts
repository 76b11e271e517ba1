import type { ColumnPolicy } from '@overlay/packs';
import type { Tokenize } from '@overlay/sealing';
import { z } from 'zod';
import { converterOf, guessValue, type ToValue } from './column-values.ts';
import { type Doubt, doubtOf } from './doubt.ts';
import { policyOf, type TablePolicy } from './policies.ts';
import type { RawColumn, RawDefinition } from './raw-image.ts';
import { policedValue, type TableSealing } from './seal-change.ts';
import { hasSensitiveName, ValueWatch } from './sensitive-look.ts';
import type { PlannedColumn } from './transcribe.ts';

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

export const shapeGiven = ({ columns, key }: RawDefinition): Shape => ({
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
  readonly columns: readonly PlannedColumn[];
  readonly converters: ReadonlyMap<string, ToValue>;
  /** Columns that may hold what the source does not, sorted; for most tables none. */
  readonly doubts: readonly Doubt[];
  /** Primary key columns, sorted; none for a table without one. */
  readonly key: readonly string[];
  /** The table that is being changed online, where this one only helps to do so. */
  readonly ghostOf: string | null;
  /** How its sensitive columns are sealed; most tables have none. */
  readonly sealing?: TableSealing;
  /** The converter of a sensitive column that no definition has, however it is spelled. */
  readonly guess?: (name: string) => ToValue | undefined;
  /** Text of values → what tells it from other text, and does not tell what it is. */
  readonly hide?: Tokenize;
  /** Looks at the values of the first rows. */
  readonly watch: ValueWatch;
  /** Columns whose names alone are to be warned of. */
  readonly suspects: readonly string[];
}

/** What else decides how the rows of a table are written. */
interface Around {
  /** The table that is being changed online, where this one only helps to do so. */
  readonly ghost?: string | null;
  readonly policy?: TablePolicy | undefined;
  /** The tokens of the policy's domain. */
  readonly tokenize?: Tokenize;
  /** Chooses the converter of a column. Default: for values as the connector gives them. */
  readonly convert?: (column: RawColumn) => ToValue;
}

/** Without a definition only what the policy names is known of a table: the other values are guessed. */
export const NO_DEFINITION: Shape & { readonly version: number } = { version: 0, columns: [], key: [] };

export function planOf(
  { version, columns, key }: Shape & { version: number },
  { ghost = null, policy, tokenize = () => '', convert = converterOf }: Around = {},
): RowPlan {
  const clear = new Map(columns.map((column) => [column.name, convert(column)]));
  const unpoliced = [...clear.keys()].filter((name) => !policyOf(policy, name));
  const isSealing = policy !== undefined && [...policy.columns.values()].some((own) => own.policy !== 'clear');
  const converters = isSealing ? policedConverters(clear, policy, tokenize) : clear;
  const sorted = [...clear.keys()].sort().map((name) => [name, converters.get(name) ?? guessValue] as const);
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
    watch: new ValueWatch(unpoliced.filter((name) => !hasSensitiveName(name))),
    suspects: unpoliced.filter(hasSensitiveName),
    ...(isSealing && {
      sealing: sealingOf(clear, policy),
      hide: tokenize,
      guess: (name) => {
        const own = policyOf(policy, name);
        return own && policedValue(own.policy === 'seal' ? { policy: 'drop' } : own, guessValue, tokenize);
      },
    }),
  };
}

type Converters = ReadonlyMap<string, ToValue>;

/** The converters of a table's columns, and of those that its policy names and its definition does not. */
function policedConverters(clear: Converters, policy: TablePolicy, tokenize: Tokenize): Converters {
  const named = [...policy.columns.keys()].filter((name) => ![...clear.keys()].some((known) => isOf(known, name)));
  const all = [...clear, ...named.map((name): [string, ToValue] => [name, guessValue])];
  return new Map(
    all.map(([name, toValue]) => {
      const own = policyOf(policy, name);
      return [name, own ? policedValue(own, toValue, tokenize) : toValue];
    }),
  );
}

/** Names of columns are the same in capitals. */
const isOf = (name: string, inSmall: string): boolean => name.toLowerCase() === inSmall;

/** Sealed columns by the subject that they belong to. */
function sealingOf(clear: Converters, { domain, table, columns }: TablePolicy): TableSealing {
  const column = (inSmall: string) => {
    const [name, toValue] = [...clear].find(([known]) => isOf(known, inSmall)) ?? [inSmall, guessValue];
    return { name, toValue };
  };
  const sealed = [...columns].filter((one): one is [string, Sealed] => one[1].policy === 'seal');
  const groups = Map.groupBy(sealed, ([, { subject, of }]) => JSON.stringify([of ?? table, subject]));
  const subjects = [...groups.values()].map((group) => {
    const [[, { subject, of }] = ['', { subject: [], of: undefined }]] = group;
    return {
      table: of ?? table,
      subject: subject.map((name) => column(name.toLowerCase())),
      sealed: group.map(([name]) => column(name)),
    };
  });
  return { domain, subjects };
}

type Sealed = Extract<ColumnPolicy, { policy: 'seal' }>;

const byName = (a: RawColumn, b: RawColumn): number => (a.name < b.name ? -1 : 1);
