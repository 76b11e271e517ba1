import { type RowPlan, valueIn, valuesOf } from '@overlay/canonical';
import { digest } from '@overlay/evidence';
import type { Recall } from '@overlay/model';
import { z } from 'zod';
import type { Origin, RawSnapshotRow } from './raw-record.ts';

const State = z.object({
  /** Where in the log the last piece was read. */
  gtid: z.string().nullable(),
  file: z.string(),
  position: z.int(),
  /** Number of the last piece, and of the first one whose rows are remembered. */
  last: z.int(),
  first: z.int(),
});
type State = z.infer<typeof State>;

type Memories = readonly (readonly [key: string, value: unknown])[];

/** Pieces whose rows are remembered while the log does not go on: more than a connector tells again after a crash. */
const PIECES_MAX = 100;
const HASH_LENGTH = 16;

/**
 * Rows of the snapshots that people ask for while the log is read. The connector may tell some again, at a later place, where they count anew,
 * or at the same one, where they are the same rows. Numbers the pieces of a source. Remembers `reads` and, for each piece, `reads:<number>`.
 */
export class AskedReads {
  readonly #recall: Recall<unknown>;
  #state: State | undefined;
  /** Rows that were told at this place: hash → piece. */
  #told = new Map<string, number>();
  #forgotten: (readonly [key: string, value: null])[] = [];

  constructor(recall: Recall<unknown>) {
    this.#recall = recall;
    const remembered = recall('reads');
    this.#state = remembered === undefined ? undefined : State.parse(remembered);
    this.#loadTold();
  }

  #loadTold(): void {
    const { first = 1, last = 0 } = this.#state ?? {};
    for (let piece = first; piece <= last; piece++) {
      const hashes = String(this.#recall(`reads:${piece}`) ?? '');
      for (let at = 0; at < hashes.length; at += HASH_LENGTH) this.#told.set(hashes.slice(at, at + HASH_LENGTH), piece);
    }
  }

  /** Whether a row was read before the last piece: a repeat of something older. */
  isPast({ gtid, file, position }: Origin): boolean {
    const last = this.#state;
    if (!last || gtid === null || last.gtid === null) return false;
    if (gtid === last.gtid) return file === last.file && position < last.position;
    const [one, other] = [partsOf(gtid), partsOf(last.gtid)];
    return one.server === other.server && one.number < other.number;
  }

  /** The number of the piece in which a row was told at this place. */
  toldIn(row: RawSnapshotRow, plan: RowPlan | undefined): number | undefined {
    return this.#isHere(row.origin) ? this.#told.get(hashOf(row, plan)) : undefined;
  }

  #isHere({ gtid, file, position }: Origin): boolean {
    const last = this.#state;
    return last?.gtid === gtid && last.file === file && last.position === position;
  }

  /** The number of the piece that is due. */
  get next(): number {
    return (this.#state?.last ?? 0) + 1;
  }

  /** Takes a row into the piece that is due. */
  take(row: RawSnapshotRow, plan: RowPlan | undefined): void {
    const { next } = this;
    if (!this.#isHere(row.origin)) {
      for (let piece = this.#state?.first ?? next; piece < next; piece++) this.#forget(piece);
      this.#told = new Map();
      const { gtid, file, position } = row.origin;
      this.#state = { gtid, file, position, last: next - 1, first: next };
    }
    this.#told.set(hashOf(row, plan), next);
  }

  #forget(piece: number): void {
    this.#forgotten.push([`reads:${piece}`, null]);
    this.#untell(piece);
  }

  #untell(piece: number): void {
    for (const [hash, one] of this.#told) if (one === piece) this.#told.delete(hash);
  }

  /** Lets go of the piece that is due: its rows will come again. */
  drop(): void {
    this.#untell(this.next);
  }

  /** Ends the piece that is due. */
  close(): Memories {
    if (!this.#state) return [];
    const last = this.next;
    const first = Math.max(this.#state.first, last - PIECES_MAX + 1);
    if (this.#state.first < first) this.#forget(this.#state.first);
    this.#state = { ...this.#state, last, first };
    const hashes = [...this.#told].filter(([, piece]) => piece === last).map(([hash]) => hash);
    return [['reads', this.#state], [`reads:${last}`, hashes.join('')], ...this.#forgotten.splice(0)];
  }
}

const hashOf = ({ database, table, after }: RawSnapshotRow, plan: RowPlan | undefined): string => {
  const key = plan && plan.key.length > 0 ? plan.key.map((name) => valueIn(after, name)) : valuesOf(after);
  const text = JSON.stringify([database, table, key]);
  return digest(plan?.hide?.(text) ?? text).slice(0, HASH_LENGTH);
};

function partsOf(gtid: string): { server: string; number: number } {
  const at = gtid.lastIndexOf(':');
  return { server: gtid.slice(0, at), number: Number(gtid.slice(at + 1)) };
}
