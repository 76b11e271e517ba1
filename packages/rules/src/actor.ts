import type { Actor, ChangeEvent, Operation } from '@overlay/model';
import type { Actors } from '@overlay/packs';
import { type Transaction, valuesOf } from './transaction.ts';

/** Who did what an anchor row shows. */
export type FindActor = (anchor: ChangeEvent) => Actor;

interface Column {
  readonly column: string;
  readonly operations: ReadonlySet<Operation>;
}

const UNKNOWN: Actor = { id: null, label: null, grade: 'unknown' };

/**
 * Who the application says, in the anchor row's statement or, where that says nothing, in all others of the transaction that say it: exact. Else the pack's
 * actor columns: the anchor row's own comes first; where it has none, the transaction's, if all of them name the
 * same. Two different columns that agree corroborate each other; one alone is an inference. The function for a transaction reads all its
 * rows once, when first asked.
 */
export function makeActors(
  actors: Actors,
): (transaction: Transaction, label: (key: string) => string | null) => FindActor {
  const columns = new Map<string, Column[]>();
  for (const { table, column, operations } of actors.columns)
    columns.set(table, [...(columns.get(table) ?? []), { column, operations: new Set(operations) }]);

  return (transaction, label) => {
    let told:
      | { readonly said: string | undefined; readonly seen: ReadonlyMap<string, ReadonlySet<string>> }
      | undefined;
    return (anchor) => {
      told ??= {
        said: agreed(transaction.rows.flatMap((row) => saidIn(row, actors.context) ?? [])),
        seen: witnesses(columns, transaction.rows),
      };
      const said = saidIn(anchor, actors.context) ?? told.said;
      if (said !== undefined) return { id: said, label: label(said), grade: 'exact' };
      const id = namedBy(columns, anchor)[0]?.id ?? agreed([...told.seen.keys()]);
      if (id === undefined) return UNKNOWN;
      const isCorroborated = (told.seen.get(id)?.size ?? 0) >= 2;
      return { id, label: label(id), grade: isCorroborated ? 'corroborated' : 'inferred' };
    };
  };
}

/** Who the application said it acts for, in the row's own statement. */
function saidIn({ metadata: { context } }: ChangeEvent, name: string): string | undefined {
  return context && Object.hasOwn(context, name) ? context[name] : undefined;
}

/** The only one that all name. */
function agreed(ids: readonly string[]): string | undefined {
  const [first] = ids;
  return ids.every((id) => id === first) ? first : undefined;
}

/** Per actor, the columns of the transaction that name them. */
function witnesses(
  columns: ReadonlyMap<string, readonly Column[]>,
  rows: readonly ChangeEvent[],
): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  for (const row of rows)
    for (const { id, column } of namedBy(columns, row)) {
      const names = seen.get(id) ?? new Set();
      names.add(`${row.source.table}.${column}`);
      seen.set(id, names);
    }
  return seen;
}

const NONE: readonly { id: string; column: string }[] = [];

function namedBy(
  columns: ReadonlyMap<string, readonly Column[]>,
  row: ChangeEvent,
): readonly { id: string; column: string }[] {
  const ofTable = columns.get(row.source.table);
  if (ofTable === undefined) return NONE;
  const values = valuesOf(row);
  return ofTable.flatMap(({ column, operations }) => {
    const value = values[column] ?? null;
    return value === null || !operations.has(row.operation) ? [] : [{ id: String(value), column }];
  });
}
