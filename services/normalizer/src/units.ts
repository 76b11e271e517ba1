import { type Keys, ValueError } from '@overlay/canonical';
import {
  type Fault,
  type GrowingItems,
  type RecordKind,
  type RowCount,
  type Start,
  skip,
  timestampOf,
} from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import { type Canonicalize, type Change, makeCanonicalize } from './canonicalize.ts';
import type { Definitions } from './definitions.ts';
import { HOLE, type Out, type Outcome, PART, poison, stop } from './outcome.ts';
import { Suspicions } from './sensitive-columns.ts';

/** What is emitted as one record, while its raw records come: a transaction, a DDL, or a piece of a snapshot. */
export interface Unit {
  readonly id: string;
  readonly kind: RecordKind;
  /** Order of the last row that was taken. */
  order: number;
  items: GrowingItems<WrittenChange>;
  timestamp: number;
  /** What stands for the time of a transaction of which nothing else tells it. */
  begunAt: number;
  /** A record of it cannot be read: the whole of it is set aside, its records are kept instead of its items. */
  readonly isSetAside: boolean;
  /** Whether its first record was kept. */
  isKept: boolean;
  /** What came in the middle of a transaction and cannot be read: one of its records, unless it lacks none. */
  doubt: Fault | undefined;
  /** Ends it with what there is. */
  readonly close: (unit: Unit) => Outcome;
  /** What the ids of its rows are made of, where these are not its own. */
  readonly readIn?: string;
}

/** The unit that is open, and the sequence that it will have. */
export class Units {
  /** The unit that is open. */
  open: Unit | undefined;
  /** The sequence of the last unit. */
  sequence: number;
  readonly #start: Start<unknown>;
  readonly #definitions: Definitions;
  readonly #canonicalize: Canonicalize;
  /** Columns that look sensitive. */
  readonly suspicions: Suspicions;

  constructor(start: Start<unknown>, definitions: Definitions, keys?: Keys) {
    this.#start = start;
    this.#definitions = definitions;
    this.#canonicalize = makeCanonicalize(keys);
    this.suspicions = new Suspicions(start.recall);
    this.sequence = start.landed;
  }

  make(unit: Pick<Unit, 'id' | 'kind' | 'timestamp' | 'close' | 'readIn'>): Unit {
    const isSetAside = this.#start.poisoned?.has(unit.id) ?? false;
    return { order: 0, items: this.newItems(), begunAt: 0, isSetAside, isKept: false, doubt: undefined, ...unit };
  }

  newItems(): GrowingItems<WrittenChange> {
    return this.#start.newItems(({ body, sealedValues }) => body.length + (sealedValues?.length ?? 0));
  }

  /** Adds a row to a unit; one that cannot be written sets the whole of it aside. */
  append(unit: Unit, change: Change): Outcome {
    unit.timestamp ||= change.timestamp;
    const member = {
      source: this.#start.source,
      sequence: this.sequence + 1,
      transactionId: unit.id,
      order: unit.items.length + 1,
      readIn: unit.readIn,
    };
    try {
      const plan = this.#definitions.plan(change.database, change.table, member.sequence);
      const item = this.#canonicalize(change, member, plan);
      if (plan && !plan.watch.isDone) this.suspicions.look(change, plan);
      if (!unit.isSetAside) unit.items.push(item);
      return this.part(unit);
    } catch (thrown) {
      if (!(thrown instanceof ValueError)) throw thrown;
      const detail = `${change.database}.${change.table}: ${thrown.message}`;
      return this.refuse(unit, { code: 'raw.value', detail });
    }
  }

  /** The record that a unit makes, whole, or set aside and without its rows; nothing is open after. */
  emission(unit: Unit): Out {
    this.open = undefined;
    this.sequence++;
    return {
      source: this.#start.source,
      sequence: this.sequence,
      kind: unit.isSetAside ? 'set_aside' : unit.kind,
      transactionId: unit.id,
      timestamp: timestampOf(unit.timestamp || unit.begunAt),
      items: unit.isSetAside ? [] : unit.items,
    };
  }

  /** Another unit begins while one is open: a piece of a snapshot ends there; a transaction is a gap, or was set aside already. */
  closeOther(id: string): Outcome | undefined {
    const { open } = this;
    if (!open || open.id === id) return undefined;
    if (open.kind === 'snapshot' || open.isSetAside) return { ...open.close(open), again: true };
    const why = this.whyLacking(open);
    if (why) return poison(open.id, why);
    return stop(
      'transaction.incomplete',
      open.id,
      `transaction ${open.id} had ${open.order} rows and no end when ${id} began`,
    );
  }

  /** Why a transaction that lacks records is set aside, and does not stop the source. */
  whyLacking({ id, doubt }: Unit): Fault | undefined {
    return doubt ?? (this.goesPast(id) ? HOLE : undefined);
  }

  goesPast(id: string): boolean {
    return this.#start.accepted.has(id);
  }

  closeIfFull(unit: Unit, rowsMax: number, last: Outcome): Outcome {
    return unit.order >= rowsMax ? this.closeWith(unit, last) : last;
  }

  /** Ends a unit with the record that was decided on last. */
  closeWith(unit: Unit, { verdict, keeps }: Outcome): Outcome {
    if (verdict.kind === 'poison') return { verdict, isSettled: false };
    const closed = unit.close(unit);
    if (!keeps) return closed;
    const isRefused = verdict.kind === 'reject' && closed.verdict.kind === 'emit';
    return isRefused
      ? { ...closed, keeps, verdict: { ...closed.verdict, faults: [verdict.fault] } as Outcome['verdict'] }
      : { ...closed, keeps };
  }

  /** A record of a unit that can be read: it is kept where the whole is set aside. */
  part(unit: Unit): Outcome {
    return unit.isSetAside ? { ...PART, ...this.keeps(unit) } : PART;
  }

  /** A record of a unit that cannot be read. */
  refuse(unit: Unit, fault: Fault, keeps: 'each' | 'once' = 'each'): Outcome {
    if (!unit.isSetAside) return poison(unit.id, fault);
    const kept = this.keeps(unit, keeps);
    return { verdict: { kind: 'reject', fault: { ...fault, sequence: this.sequence + 1 } }, isSettled: false, ...kept };
  }

  /** A record that may be one of a transaction: its bytes are kept until it is sure whether the transaction lacks one. */
  doubt(unit: Unit, fault: Fault): Outcome {
    unit.doubt = fault;
    return { verdict: { kind: 'reject', fault }, isSettled: false, keeps: 'each' };
  }

  keeps(unit: Unit, keeps: 'each' | 'once' = 'each'): Required<Pick<Outcome, 'keeps'>> {
    if (unit.isKept) return { keeps };
    unit.isKept = true;
    return { keeps: 'first' };
  }

  /** Nothing to do with a record; it is accounted for unless something is open. */
  skipped(why: string): Outcome {
    return { verdict: skip(why), isSettled: !this.open };
  }

  /** What came again whole: the shell compares it with what landed. */
  repeated(transactionId: string, timestamp: number, tables: readonly RowCount[]): Outcome {
    const itemCount = tables.reduce((sum, { rows }) => sum + rows, 0);
    const repeats = { transactionId, timestamp: timestampOf(timestamp), itemCount, tables };
    return { verdict: { kind: 'skip', why: 'repeat', repeats }, isSettled: !this.open };
  }
}
