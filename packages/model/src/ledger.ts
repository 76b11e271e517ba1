import type { Gap } from './gap.ts';
import type { Head, Position } from './head.ts';
import type { WrittenRecord } from './record.ts';
import type { Fault, Repeat } from './verdict.ts';

/** A record that a stage refused, with its bytes and where it stood. */
export interface DeadLetter {
  readonly sequence: number | null;
  readonly fault: Fault;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Everything that one landing changes, in one database transaction. */
export interface Landing<Item> {
  /** The head that this landing was decided on; it must still be the one that is stored. */
  readonly head: Head;
  readonly landed: number;
  readonly position: Position;
  readonly gtids: string;
  readonly records: readonly WrittenRecord<Item>[];
  readonly remember: ReadonlyMap<string, unknown>;
  readonly deadLetters: readonly DeadLetter[];
  readonly repeats: readonly Repeat[];
}

/** How a landing ended: the new head, or the gap that forbids it. */
export type Landed = { readonly kind: 'landed'; readonly head: Head } | { readonly kind: 'gap'; readonly gap: Gap };

/** A gap on record, and what a person decided about it. */
export interface RecordedGap {
  readonly gapId: string;
  readonly decision: 'accept' | 'retry' | null;
}

/**
 * A stage's book in the database: its head, its records, its memory, its dead letters and gaps. `storage` implements it; every call
 * throws a retryable trouble while the database is away.
 */
export interface Ledger<Item> {
  /** The head (a fresh one at 0 for a new source), what the stage remembers, and the subjects of accepted gaps. */
  readonly open: (
    source: string,
  ) => Promise<{ head: Head; memory: Map<string, unknown>; accepted: ReadonlySet<string> }>;
  /** Lands by compare-and-set; throws the trouble `stage.fenced` when the stored head is another one. */
  readonly land: (
    landing: Landing<Item>,
    at: (point: 'before_begin' | 'after_rows' | 'before_commit') => void,
  ) => Promise<Landed>;
  /** Landed records above `after`, in order, without items as values: only envelope and bodies. */
  readonly unpublished: (source: string, after: number, landed: number) => AsyncIterable<WrittenRecord<never>>;
  /** Notes that everything up to `sequence` is on the output topic. */
  readonly notePublished: (source: string, sequence: number) => Promise<void>;
  /** Records a gap found at a position, or finds the undecided one that stands there already. */
  readonly recordGap: (head: Head, gap: Gap, at: Omit<Position, 'digest'>) => Promise<RecordedGap>;
  /** Asks the database for a sign of life. */
  readonly ping: () => Promise<void>;
  readonly gapDecision: (gapId: string) => Promise<RecordedGap['decision']>;
}
