import type { GtidSet } from './gtid.ts';
import type { PackVersion } from './pack-version.ts';
import type { NewItems } from './record.ts';
import type { SchemaVersion } from './schema-version.ts';
import type { SensitiveColumn } from './sensitive-column.ts';
import type { TransactionActor } from './transaction-actor.ts';
import type { UnexplainedChange } from './unexplained-change.ts';
import type { Verdict } from './verdict.ts';

/** Reads what a stage remembers under a key, `undefined` when nothing. */
export type Recall<Value> = (key: string) => Value | undefined;

/**
 * What a stage decides on one record, as a value: its verdict, and what to remember from here on. The shell lands both in one
 * database transaction, so an outcome never depends on batching, repeats or the moment a process died.
 */
export interface Decision<Out, Value> {
  readonly verdict: Verdict<Out>;
  /** Keys to change; `null` forgets. */
  readonly remember?: readonly (readonly [key: string, value: Value | null])[];
  /** False while the records read so far do not yet make a whole: the stored position stays before the first of them. */
  readonly isSettled?: boolean;
  /** What is open and waits for more records, where `isSettled` is false. */
  readonly open?: string;
  /** True when this only closed what was open before: the same record is decided on once more, now. */
  readonly again?: boolean;
  /** True while the record is so long that deciding takes several steps: others get their turn, then the same record is decided on further. */
  readonly isUnderWay?: boolean;
  /**
   * The record is one of a unit that is being set aside: its bytes are kept until the unit is emitted. `first`: what was kept before belongs
   * to a unit that begins anew here. `once`: unless equal bytes are kept already, for a record that does not say where in the unit it belongs.
   */
  readonly keeps?: 'first' | 'each' | 'once';
  /** Definitions of tables that hold from here on, to land beside what is emitted. */
  readonly schemaVersions?: readonly SchemaVersion[];
  /** Rows that nothing explains, to land beside what is emitted. */
  readonly unexplained?: readonly UnexplainedChange[];
  /** Who did the transaction, to land beside what is emitted; missing where nobody acts. */
  readonly actor?: TransactionActor;
  /** Columns that are to be warned of, to land beside what is emitted. */
  readonly sensitive?: readonly SensitiveColumn[];
  /** The source transaction that is accounted for with this decision. */
  readonly gtid?: string;
}

/** Where a stage begins for one source: after sequence `landed`. */
export interface Start<Value> {
  readonly source: string;
  readonly landed: number;
  /** The transactions that are accounted for; the shell adds each decision's `gtid` before the next record. */
  readonly gtids: Pick<GtidSet, 'has'>;
  readonly recall: Recall<Value>;
  /** Subjects of the gaps that a person accepted: met again, they are gone past. */
  readonly accepted: ReadonlySet<string>;
  /** Units that were found to be unreadable: each of their records is kept, and they are emitted as set aside. */
  readonly poisoned?: ReadonlySet<string>;
  /** For items that are gathered over many records: such a list may be as long as it likes. */
  readonly newItems: NewItems;
  /** The versions of the pack that the source is read by, in the order in which they come into force. */
  readonly packs?: readonly PackVersion[];
}

/** Decides on the records of one source, one after the other. */
export interface Step<In, Out, Value> {
  (record: In): Decision<Out, Value>;
  /** What deciding on a record needs of the world and is not at hand, such as keys. Asking changes nothing; the shell fetches it before it lets decide. */
  readonly needsOf?: (record: In) => readonly string[];
}

/** A decision in one go, for those whom nobody waits for. */
export function decideAtOnce<In, Out, Value>(
  decide: (record: In) => Decision<Out, Value>,
  record: In,
): Decision<Out, Value> {
  for (;;) {
    const decision = decide(record);
    if (!decision.isUnderWay) return decision;
  }
}

/** A pure stage. `open` gives the function that decides on the records of one source. */
export interface Fold<In, Out, Value> {
  readonly open: (start: Start<Value>) => Step<In, Out, Value>;
}
