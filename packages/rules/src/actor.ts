import type { Actor, ChangeEvent, DenseRecord, Operation, TransactionActor } from '@overlay/model';
import type { Actors } from '@overlay/packs';
import { valuesOf } from './transaction.ts';

/** The name of a person by their id, null where it is not known. */
type FindName = (id: string) => string | null;

interface Column {
  readonly column: string;
  /** With its table. */
  readonly name: string;
  readonly operations: ReadonlySet<Operation>;
}

/** What a pack says of actors, ready for rows. */
interface Traces {
  /** By table. */
  readonly columns: ReadonlyMap<string, readonly Column[]>;
  readonly context: string;
  /** Whether the pack speaks of the row: columns of others name nobody. */
  readonly isOwn: (row: ChangeEvent) => boolean;
}

const UNKNOWN: Actor = { id: null, label: null, grade: 'unknown' };
/** People that one transaction is remembered to name; of one that names more, these stand for all. */
const NAMED_MAX = 100;

/** Gives for each transaction somebody who hears all of its rows, and can then say who acted. */
export function makeHearings({ columns, context }: Actors, isOwn: Traces['isOwn']): (nameOf: FindName) => Hearing {
  const byTable = new Map<string, Column[]>();
  for (const { table, column, operations } of columns)
    byTable.set(table, [
      ...(byTable.get(table) ?? []),
      { column, name: `${table}.${column}`, operations: new Set(operations) },
    ]);
  const traces = { columns: byTable, context, isOwn };
  return (nameOf) => new Hearing(traces, nameOf);
}

/** Whom the rows of one transaction name. Every row is heard once, whatever their number: little is kept of them. */
export class Hearing {
  readonly #traces: Traces;
  readonly #nameOf: FindName;
  /** Who the application said acts, in any statement. */
  readonly #said = new Set<string>();
  /** Per actor, the columns of the transaction that name them. */
  readonly #seen = new Map<string, Set<string>>();

  constructor(traces: Traces, nameOf: FindName) {
    this.#traces = traces;
    this.#nameOf = nameOf;
  }

  hear(row: ChangeEvent): void {
    const said = this.#saidIn(row);
    if (said !== undefined && this.#said.size < NAMED_MAX) this.#said.add(said);
    for (const column of this.#columnsOf(row)) {
      const id = idIn(row, column);
      if (id === undefined) continue;
      const names = this.#seen.get(id);
      if (names) names.add(column.name);
      else if (this.#seen.size < NAMED_MAX) this.#seen.set(id, new Set([column.name]));
    }
  }

  /**
   * Who did what an anchor row shows. Who the application says, in the row's own statement or, where that says nothing, in all others that say it: exact.
   * Else the pack's actor columns: the row's own comes first; where it has none, the transaction's, if all of them name the same. Two different columns
   * that agree corroborate each other; one alone is an inference.
   */
  actorOf(anchor: ChangeEvent): Actor {
    const said = this.#saidIn(anchor) ?? only(this.#said);
    if (said !== undefined) return this.#exact(said);
    const id = this.#namedBy(anchor) ?? only(this.#seen.keys());
    return id === undefined ? UNKNOWN : this.#seenActor(id);
  }

  /** Who did the whole of it: whom statements say, else whom columns name. */
  ofTransaction({ source, sequence, timestamp }: DenseRecord<ChangeEvent>): TransactionActor {
    const actors =
      this.#said.size > 0
        ? [...this.#said].map((id) => this.#exact(id))
        : [...this.#seen.keys()].map((id) => this.#seenActor(id));
    return { source, sequence, timestamp, actors };
  }

  #exact(id: string): Actor {
    return { id, label: this.#nameOf(id), grade: 'exact' };
  }

  #seenActor(id: string): Actor {
    const isCorroborated = (this.#seen.get(id)?.size ?? 0) >= 2;
    return { id, label: this.#nameOf(id), grade: isCorroborated ? 'corroborated' : 'inferred' };
  }

  /** Who the application said it acts for, in the row's own statement. */
  #saidIn({ metadata: { context } }: ChangeEvent): string | undefined {
    const name = this.#traces.context;
    return context && Object.hasOwn(context, name) ? context[name] : undefined;
  }

  #namedBy(row: ChangeEvent): string | undefined {
    for (const column of this.#columnsOf(row)) {
      const id = idIn(row, column);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #columnsOf(row: ChangeEvent): readonly Column[] {
    const ofTable = this.#traces.columns.get(row.source.table);
    return ofTable !== undefined && this.#traces.isOwn(row) ? ofTable : NONE;
  }
}

/** Whom the column of a row names, where it speaks. */
function idIn(row: ChangeEvent, { column, operations }: Column): string | undefined {
  const value = operations.has(row.operation) ? (valuesOf(row)[column] ?? null) : null;
  return value === null ? undefined : String(value);
}

/** Who did the whole of it, when there is one. */
export const onlyActor = ({ actors }: TransactionActor): Actor =>
  (actors.length === 1 ? actors[0] : undefined) ?? UNKNOWN;

const NONE: readonly Column[] = [];

/** The one that there is, when there is no other. */
function only(ids: Iterable<string>): string | undefined {
  const [first, second] = ids;
  return second === undefined ? first : undefined;
}
