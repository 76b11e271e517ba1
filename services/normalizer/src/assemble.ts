import {
  type Decision,
  type DenseRecord,
  type Fault,
  type Fold,
  type Gap,
  type GrowingItems,
  type RecordKind,
  type Start,
  skip,
  timestampOf,
} from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import { type Change, canonicalize } from './canonicalize.ts';
import { ValueError } from './column-values.ts';
import type { RawRecord, RawRow, RawSchemaChange, RawSnapshotRow, RawTruncate } from './raw-record.ts';
import { planOf, type RowPlan, redefine, TableDefinition } from './table-definition.ts';

type Out = DenseRecord<WrittenChange>;
type Outcome = Decision<Out, unknown>;

/** Rows of the snapshot that make one pseudo-transaction. */
const SNAPSHOT_ROWS_MAX = 1000;

/** A transaction whose end has not come yet. */
interface Open {
  readonly id: string;
  readonly kind: RecordKind;
  /** Order of the last row that was taken. */
  order: number;
  items: GrowingItems<WrittenChange>;
  timestamp: number;
  /** Set once a record of it could not be read: the whole transaction is set aside. */
  isSetAside: boolean;
}

/** A snapshot by its position: pieces of each table that landed, and that came in the present pass over it. */
interface Snapshot {
  readonly position: string;
  readonly landed: Readonly<Record<string, number>>;
  readonly pass: Readonly<Record<string, number>>;
}

/**
 * Raw records → whole transactions, each with the next sequence. Repeats are told by GTID and order, never by offset; a transaction that
 * is not complete is never emitted. What it remembers: `table:<database>.<table>` definitions, `snapshot` and `last_schema_change`.
 */
export const assemble: Fold<RawRecord, Out, unknown> = { open: (start) => new Assembler(start).step };

class Assembler {
  readonly #start: Start<unknown>;
  readonly #plans = new Map<string, RowPlan>();
  #sequence: number;
  #open: Open | undefined;
  /** Rows seen of a transaction that landed before and comes again from its BEGIN. */
  #repeat: { readonly id: string; rows: number } | undefined;

  constructor(start: Start<unknown>) {
    this.#start = start;
    this.#sequence = start.landed;
  }

  readonly step = (record: RawRecord): Outcome => {
    switch (record.kind) {
      case 'row':
        return this.#row(record);
      case 'begin':
        return this.#begin(record.transactionId);
      case 'end':
        return this.#end(record);
      case 'snapshot_row':
        return this.#snapshotRow(record);
      case 'truncate':
        return this.#truncate(record);
      case 'schema_change':
        return this.#schemaChange(record);
      case 'unreadable':
        return this.#unreadable(record.fault);
    }
  };

  #begin(id: string): Outcome {
    if (!isGtid(id))
      return stop('source.without_gtid', id, `transaction '${id}' has no GTID: set gtid_mode=ON at the source`);
    if (this.#start.gtids.has(id)) {
      this.#repeat = { id, rows: 0 };
      return this.#closeSnapshot() ?? { verdict: skip('repeat'), isSettled: !this.#open };
    }
    const closed = this.#closeOther(id);
    if (closed) return closed;
    this.#open ??= this.#newOpen(id, 'transaction', 0);
    return { ...PART, open: id };
  }

  #row(row: RawRow): Outcome {
    const id = row.transactionId;
    if (this.#start.gtids.has(id)) {
      if (this.#repeat?.id === id) this.#repeat.rows++;
      return { verdict: skip('repeat'), isSettled: !this.#open };
    }
    const closed = this.#closeOther(id);
    if (closed) return closed;
    this.#open ??= this.#newOpen(id, 'transaction', row.timestamp);
    const open = this.#open;
    if (row.order <= open.order || open.isSetAside) return REPEATED_PART;
    if (row.order > open.order + 1 && !this.#goesPast(id)) {
      return stop('transaction.hole', id, `row ${row.order} of transaction ${id} came after row ${open.order}`);
    }
    if (row.order > open.order + 1) open.isSetAside = true;
    open.order = row.order;
    return this.#append(open, row);
  }

  #newOpen(id: string, kind: RecordKind, timestamp: number): Open {
    return { id, kind, order: 0, items: this.#newItems(), timestamp, isSetAside: false };
  }

  #newItems(): GrowingItems<WrittenChange> {
    return this.#start.newItems(({ body }) => body.length);
  }

  /** Adds a row to the open transaction; one that cannot be written sets the whole transaction aside. */
  #append(open: Open, change: Change): Outcome {
    open.timestamp ||= change.timestamp;
    if (open.isSetAside) return PART;
    const member = {
      source: this.#start.source,
      sequence: this.#sequence + 1,
      transactionId: open.id,
      order: open.items.length + 1,
    };
    try {
      open.items.push(canonicalize(change, member, this.#plan(change.database, change.table)));
      return PART;
    } catch (thrown) {
      if (!(thrown instanceof ValueError)) throw thrown;
      const detail = `${change.database}.${change.table}: ${thrown.message}`;
      return this.#unreadable({ code: 'raw.value', detail });
    }
  }

  #end({ transactionId: id, eventCount, timestamp }: Extract<RawRecord, { kind: 'end' }>): Outcome {
    if (this.#start.gtids.has(id)) return this.#endOfRepeat(id, eventCount, timestamp);
    const closed = this.#closeOther(id);
    if (closed) return closed;
    this.#open ??= this.#newOpen(id, 'transaction', timestamp);
    const open = this.#open;
    open.timestamp ||= timestamp;
    if (open.order !== eventCount && !open.isSetAside && !this.#goesPast(id)) {
      return stop(
        'transaction.hole',
        id,
        `transaction ${id} ends with ${eventCount} rows, of which ${open.order} came`,
      );
    }
    open.isSetAside ||= open.order !== eventCount;
    if (open.order > 0 || open.isSetAside) return this.#close(open);
    this.#open = undefined;
    return { verdict: skip('nothing captured'), gtid: id };
  }

  #endOfRepeat(transactionId: string, eventCount: number, timestamp: number): Outcome {
    const isWhole = this.#repeat?.id === transactionId && this.#repeat.rows === eventCount;
    this.#repeat = undefined;
    return isWhole
      ? this.#repeated(transactionId, timestamp, eventCount)
      : { verdict: skip('repeat'), isSettled: !this.#open };
  }

  /** What came again whole: the shell compares it with what landed. */
  #repeated(transactionId: string, timestamp: number, itemCount: number): Outcome {
    const repeats = { transactionId, timestamp: timestampOf(timestamp), itemCount };
    return { verdict: { kind: 'skip', why: 'repeat', repeats }, isSettled: !this.#open };
  }

  /** Emits the open transaction, whole, or set aside and without its rows. */
  #close(open: Open): Outcome {
    if (open.kind === 'snapshot') return this.#closePiece(open);
    return { verdict: { kind: 'emit', out: this.#emission(open) }, gtid: open.id };
  }

  #emission(open: Open): Out {
    this.#open = undefined;
    this.#sequence++;
    return {
      source: this.#start.source,
      sequence: this.#sequence,
      kind: open.isSetAside ? 'set_aside' : open.kind,
      transactionId: open.id,
      timestamp: timestampOf(open.timestamp),
      items: open.isSetAside ? [] : open.items,
    };
  }

  /** Another transaction begins while one is open: a snapshot piece ends there; a transaction is a gap, or was set aside already. */
  #closeOther(id: string): Outcome | undefined {
    const open = this.#open;
    if (!open || open.id === id) return undefined;
    if (open.kind === 'snapshot' || open.isSetAside || this.#goesPast(open.id)) {
      open.isSetAside ||= open.kind !== 'snapshot';
      return { ...this.#close(open), again: true };
    }
    return stop(
      'transaction.incomplete',
      open.id,
      `transaction ${open.id} had ${open.order} rows and no end when ${id} began`,
    );
  }

  #closeSnapshot(): Outcome | undefined {
    return this.#open?.kind === 'snapshot' ? this.#closeOther('') : undefined;
  }

  #goesPast(transactionId: string): boolean {
    return this.#start.accepted.has(transactionId);
  }

  #snapshotRow(row: RawSnapshotRow): Outcome {
    const position = `${row.origin.file}:${row.origin.position}`;
    const piece = `snapshot:${position}:${row.database}.${row.table}:`;
    // A piece that was being read when the snapshot was cut off comes again, whole.
    if (row.isFirst && this.#open?.kind === 'snapshot') this.#open = undefined;
    if (this.#open && !this.#open.id.startsWith(piece)) return this.#closeOther(piece) as Outcome;
    const refused = this.#enterSnapshot(position, row.isFirst);
    if (refused) return refused;
    const chunk = (this.#snapshot?.pass[piece] ?? 0) + 1;
    this.#open ??= this.#newOpen(piece + chunk, 'snapshot', row.timestamp);
    const open = this.#open;
    open.order++;
    const appended = this.#append(open, { ...row, operation: 'READ', before: null });
    if (appended.verdict.kind === 'reject') return appended;
    return row.isLast || open.order >= SNAPSHOT_ROWS_MAX ? this.#close(open) : PART;
  }

  /** Begins a snapshot, or the same one once more; one at another position than the last stops the source. */
  #enterSnapshot(position: string, isFirst: boolean): Outcome | undefined {
    const known = this.#snapshot;
    const isSame = known?.position === position;
    if (isFirst && known && !isSame && !this.#goesPast(`snapshot:${position}`)) {
      const detail = `a snapshot at ${position} begins, after one at ${known.position}: rows that were deleted between them are not told of`;
      return stop('snapshot.begun_again', `snapshot:${position}`, detail);
    }
    if (isFirst || !isSame) this.#passing = { position, landed: isSame ? known.landed : {}, pass: {} };
    return undefined;
  }

  #passing: Snapshot | undefined;

  get #snapshot(): Snapshot | undefined {
    return this.#passing ?? (this.#start.recall('snapshot') as Snapshot | undefined);
  }

  /** Ends a piece of a snapshot. One that was cut off and begins again at the same position tells the pieces that landed once more. */
  #closePiece(open: Open): Outcome {
    const at = open.id.lastIndexOf(':') + 1;
    const [piece, chunk] = [open.id.slice(0, at), Number(open.id.slice(at))];
    const { position, landed, pass } = this.#snapshot ?? { position: '', landed: {}, pass: {} };
    const isRepeat = chunk <= (landed[piece] ?? 0);
    this.#passing = {
      position,
      landed: isRepeat ? landed : { ...landed, [piece]: chunk },
      pass: { ...pass, [piece]: chunk },
    };
    const remember = [['snapshot', this.#passing]] as const;
    if (!isRepeat) return { verdict: { kind: 'emit', out: this.#emission(open) }, remember };
    this.#open = undefined;
    return { verdict: skip('repeat'), remember };
  }

  #truncate({ database, table, timestamp, origin }: RawTruncate): Outcome {
    const id = origin.gtid;
    if (id === null)
      return stop(
        'source.without_gtid',
        `${origin.file}:${origin.position}`,
        `a TRUNCATE of ${database}.${table} has no GTID`,
      );
    if (this.#start.gtids.has(id)) return this.#repeated(id, timestamp, 1);
    const closed = this.#closeOther(id);
    if (closed) return closed;
    const open = { ...this.#newOpen(id, 'truncate', timestamp), order: 1 };
    this.#append(open, { database, table, timestamp, origin, operation: 'TRUNCATE', before: null, after: null });
    return this.#close(open);
  }

  #schemaChange(change: RawSchemaChange): Outcome {
    const { gtid } = change.origin;
    // One statement can change several tables, and comes as a record for each.
    const isContinued = gtid !== null && !this.#open && this.#start.recall('last_schema_change') === gtid;
    if (gtid !== null && this.#start.gtids.has(gtid) && !isContinued) return this.#repeated(gtid, change.timestamp, 0);
    const closed = this.#closeOther(gtid ?? '');
    if (closed) return closed;
    if (change.isSnapshot) return { verdict: skip('schema of the snapshot'), remember: this.#redefine(change) };
    if (gtid === null)
      return stop('source.without_gtid', `${change.origin.file}:${change.origin.position}`, 'a DDL has no GTID');
    if (isContinued) return { verdict: skip('schema change of several tables'), remember: this.#redefine(change) };
    const remember = [...this.#redefine(change), ['last_schema_change', gtid] as const];
    return { ...this.#close(this.#newOpen(gtid, 'schema_change', change.timestamp)), remember };
  }

  #redefine({ tables }: RawSchemaChange): (readonly [string, TableDefinition])[] {
    return tables.flatMap((table) => {
      const name = `${table.database}.${table.table}`;
      const known = this.#definition(name);
      this.#plans.delete(name);
      if (!known && !table.definition) return []; // a snapshot begins by dropping what is not there
      return [[`table:${name}`, redefine(known, table)] as const];
    });
  }

  #definition(name: string): TableDefinition | undefined {
    const known = this.#start.recall(`table:${name}`);
    return known === undefined ? undefined : TableDefinition.parse(known);
  }

  #plan(database: string, table: string): RowPlan | undefined {
    const name = `${database}.${table}`;
    const known = this.#plans.get(name);
    if (known) return known;
    const definition = this.#definition(name);
    const plan = definition && planOf(definition);
    if (plan) this.#plans.set(name, plan);
    return plan;
  }

  /** A record that cannot be read: the transaction that is open is set aside, and keeps its sequence. */
  #unreadable(fault: Fault): Outcome {
    if (!this.#open) return { verdict: { kind: 'reject', fault } };
    this.#open.isSetAside = true;
    this.#open.items = this.#newItems();
    return { verdict: { kind: 'reject', fault: { ...fault, sequence: this.#sequence + 1 } }, isSettled: false };
  }
}

const PART: Outcome = { verdict: skip('part of a transaction'), isSettled: false };
const REPEATED_PART: Outcome = { verdict: skip('repeat'), isSettled: false };

const isGtid = (id: string): boolean => /^[0-9a-f-]{36}:([a-z_][a-z0-9_]*:)?\d+$/i.test(id);

const stop = (code: Gap['code'], subject: string, detail: string): Outcome => ({
  verdict: { kind: 'gap', gap: { code, subject, detail } },
});
