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
 * Reads the pack's actor columns. The anchor row's own column comes first; where it has none, the transaction's, if all of them name the
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
    let seen: ReadonlyMap<string, ReadonlySet<string>> | undefined;
    return (anchor) => {
      seen ??= witnesses(columns, transaction.rows);
      const [only] = seen.size === 1 ? seen.keys() : [];
      const id = namedBy(columns, anchor)[0]?.id ?? only;
      if (id === undefined) return UNKNOWN;
      const isCorroborated = (seen.get(id)?.size ?? 0) >= 2;
      return { id, label: label(id), grade: isCorroborated ? 'corroborated' : 'inferred' };
    };
  };
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
