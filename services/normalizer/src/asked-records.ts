import type { AskedReads } from './asked-reads.ts';
import { renumber } from './canonicalize.ts';
import type { Definitions } from './definitions.ts';
import type { Outcome } from './outcome.ts';
import type { RawSnapshotRow } from './raw-record.ts';
import { SNAPSHOT_ROWS_MAX } from './snapshot-records.ts';
import type { Unit, Units } from './units.ts';

/**
 * The rows of the snapshots that people ask for while the log is read, in pieces as the connector read them. They may stand between the rows
 * of a transaction: then their piece comes before it, because what the transaction changed is in its own rows.
 */
export class AskedRecords {
  readonly #units: Units;
  readonly #definitions: Definitions;
  readonly #reads: AskedReads;
  /** The transaction that a piece came in the middle of. */
  #interrupted: Unit | undefined;
  /** The sequence of the last unit before that. */
  #sequence = 0;

  constructor(units: Units, definitions: Definitions, reads: AskedReads) {
    this.#units = units;
    this.#definitions = definitions;
    this.#reads = reads;
  }

  row(row: RawSnapshotRow): Outcome {
    const plan = this.#definitions.plan(row.database, row.table, this.#units.sequence + 1);
    const toldIn = this.#reads.isPast(row.origin) ? 0 : this.#reads.toldIn(row, plan);
    if (toldIn !== undefined) {
      if (this.isOpen && toldIn < this.#reads.next) this.cutOff();
      return this.#units.skipped('repeat');
    }
    const piece = `snapshot:${row.origin.file}:${row.origin.position}:${row.database}.${row.table}:a`;
    const closed = this.#makeRoom(piece);
    if (closed) return closed;
    this.#units.open ??= this.#make(piece + this.#reads.next, row.timestamp);
    const unit = this.#units.open;
    unit.order++;
    this.#reads.take(row, plan);
    const appended = this.#units.append(unit, { ...row, operation: 'READ', before: null });
    return this.#units.closeIfFull(unit, SNAPSHOT_ROWS_MAX, appended);
  }

  /** The connector says something of its own work, such as that a chunk is done. */
  notice(): Outcome {
    const { open } = this.#units;
    if (open && this.isOpen) return { ...this.#close(open), again: true };
    return this.#units.skipped('notice of the connector');
  }

  get isOpen(): boolean {
    return this.#units.open?.close === this.#close;
  }

  /** The connector has begun again further back: what is open will be read again. */
  cutOff(): void {
    this.#reads.drop();
    this.#units.open = this.#resumed();
  }

  #make(id: string, timestamp: number): Unit {
    return this.#units.make({ id, kind: 'snapshot', timestamp, close: this.#close, readIn: id });
  }

  #makeRoom(piece: string): Outcome | undefined {
    const { open } = this.#units;
    if (!open || (this.isOpen && open.id.startsWith(piece))) return undefined;
    if (open.kind === 'snapshot') return { ...open.close(open), again: true };
    this.#interrupted = open;
    this.#sequence = this.#units.sequence;
    this.#units.open = undefined;
    return undefined;
  }

  readonly #close = (unit: Unit): Outcome => {
    const remember = this.#reads.close();
    const out = this.#units.emission(unit);
    this.#units.open = this.#resumed();
    return { verdict: { kind: 'emit', out }, remember, isSettled: !this.#units.open };
  };

  /** The transaction that was interrupted, its rows with the sequence that is due now. */
  #resumed(): Unit | undefined {
    const unit = this.#interrupted;
    const hasMoved = this.#sequence !== this.#units.sequence;
    this.#interrupted = undefined;
    if (!unit || !hasMoved || unit.items.length === 0) return unit;
    const items = this.#units.newItems();
    for (const item of unit.items) items.push(renumber(item, this.#units.sequence + 1));
    unit.items = items;
    return unit;
  }
}
