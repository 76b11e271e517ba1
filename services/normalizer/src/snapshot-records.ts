import { skip } from '@overlay/model';
import { type Memories, type Outcome, stop } from './outcome.ts';
import type { RawSnapshotRow } from './raw-record.ts';
import type { SnapshotPass } from './snapshot-pass.ts';
import type { Unit, Units } from './units.ts';

/** Rows of a snapshot that make one pseudo-transaction. */
export const SNAPSHOT_ROWS_MAX = 1000;

/** The rows of the snapshot that a source begins with, in pieces of a table each. */
export class SnapshotRecords {
  readonly #units: Units;
  readonly #pass: SnapshotPass;
  /** The piece that is open holds the last row of the snapshot. */
  #isEnd = false;

  constructor(units: Units, pass: SnapshotPass) {
    this.#units = units;
    this.#pass = pass;
  }

  /** The log is read on from here. */
  end(): Memories {
    return this.#pass.end();
  }

  row(row: RawSnapshotRow): Outcome {
    const units = this.#units;
    const position = `${row.origin.file}:${row.origin.position}`;
    const piece = `snapshot:${position}:${row.database}.${row.table}:`;
    // A piece that was being read when the snapshot was cut off comes again, whole.
    if (row.isFirst) this.cutOff();
    if (units.open && !units.open.id.startsWith(piece)) return units.closeOther(piece) as Outcome;
    const entered = this.#enter(position, row);
    if (entered) return entered;
    units.open ??= this.#make(piece + this.#pass.nextOf(piece), row.timestamp);
    const unit = units.open;
    unit.order++;
    this.#isEnd = row.isEnd;
    const appended = units.append(unit, { ...row, operation: 'READ', before: null });
    return row.isLast ? units.closeWith(unit, appended) : units.closeIfFull(unit, SNAPSHOT_ROWS_MAX, appended);
  }

  /** Lets go of a piece that is open. */
  cutOff(): void {
    if (this.#units.open?.close === this.#close) this.#units.open = undefined;
  }

  #make(id: string, timestamp: number): Unit {
    return this.#units.make({ id, kind: 'snapshot', timestamp, close: this.#close });
  }

  /**
   * Begins a snapshot, or the same one once more. One that takes the place of another is told of by a record of its own: what the one before
   * told does not count. A second one stops the source.
   */
  #enter(position: string, { isFirst, timestamp }: RawSnapshotRow): Outcome | undefined {
    const standing = this.#pass.standingOf(position);
    if (standing.kind === 'replaced') return { verdict: skip('of a snapshot that was replaced') };
    if (standing.kind === 'replaces') {
      const remember = this.#pass.replace(position);
      if (!standing.hasLanded) return undefined;
      const out = this.#units.emission(this.#make(`snapshot:${position}:replaces:${standing.position}`, timestamp));
      return { verdict: { kind: 'emit', out }, remember, again: true };
    }
    if (standing.kind === 'second' && isFirst && !this.#units.goesPast(`snapshot:${position}`)) {
      const detail = `a snapshot at ${position} begins, after one at ${standing.position}: rows that were deleted between them are not told of`;
      return stop('snapshot.begun_again', `snapshot:${position}`, detail);
    }
    this.#pass.enter(position, isFirst);
    return undefined;
  }

  readonly #close = (unit: Unit): Outcome => {
    const { isRepeat, remember } = this.#pass.close(unit.id, this.#isEnd);
    if (!isRepeat) return { verdict: { kind: 'emit', out: this.#units.emission(unit) }, remember };
    this.#units.open = undefined;
    return { verdict: skip('repeat'), remember };
  };
}
