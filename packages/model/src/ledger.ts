import type { Gap } from './gap.ts';
import type { Head, Position } from './head.ts';
import type { OfferedPack, PackVersion } from './pack-version.ts';
import type { Items, WrittenRecord } from './record.ts';
import type { StageRequest } from './request.ts';
import type { SchemaVersion } from './schema-version.ts';
import type { SensitiveColumn } from './sensitive-column.ts';
import type { TransactionActor } from './transaction-actor.ts';
import type { UnexplainedChange } from './unexplained-change.ts';
import type { Fault, Repeat } from './verdict.ts';

/** A record that a stage refused, with its bytes and where it stood. */
export interface DeadLetter {
  readonly sequence: number | null;
  /** Place among the records of the unit that is set aside, from 1; null for a record by itself. */
  readonly ordinal: number | null;
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
  /** In their order; perhaps more of them than memory should hold. */
  readonly deadLetters: Items<DeadLetter>;
  readonly repeats: readonly Repeat[];
  readonly schemaVersions?: readonly SchemaVersion[];
  readonly unexplained?: readonly UnexplainedChange[];
  readonly actors?: readonly TransactionActor[];
  readonly sensitive?: readonly SensitiveColumn[];
  /** The request that this landing fulfils, at the sequence `landed`. */
  readonly answers?: string;
}

/** How a landing ended: the new head, or the gap that forbids it. */
export type Landed = { readonly kind: 'landed'; readonly head: Head } | { readonly kind: 'gap'; readonly gap: Gap };

/** A gap on record, and what a person decided about it. */
export interface RecordedGap {
  readonly gapId: string;
  readonly decision: 'accept' | 'retry' | null;
}

/** What a reader begins with: the stage's book as it stands in the database. */
export interface Book {
  readonly head: Head;
  /** What the stage remembers. */
  readonly memory: Map<string, unknown>;
  /** Subjects of the gaps that a person accepted. */
  readonly accepted: ReadonlySet<string>;
  /** A person said that the sequence that is due stands further on in the topic, behind those that jump ahead of it. */
  readonly looksAhead?: boolean;
  /** The versions of the pack that the source is read by, in the order in which they come into force. */
  readonly packs?: readonly PackVersion[];
}

/** Records that wait for more of them before they make a whole. */
export interface Waiting {
  /** What is open, where the stage has a name for it. */
  readonly subject: string | null;
  /** Number of records that were read of it. */
  readonly records: number;
  /** Publishing time of the first and of the last of them, in milliseconds since the epoch. */
  readonly since: number;
  readonly last: number;
}

/** What was set aside under a sequence. */
export interface SetAsideUnit {
  readonly transactionId: string;
  readonly timestamp: string;
  /** The sequence that repaired it, once one has. */
  readonly repairedBy: number | null;
}

/** A raw record as it was kept or handed in; its bytes are undefined when they are gone. */
export interface KeptRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null | undefined;
}

/**
 * A stage's book in the database: its head, its records, its memory, its dead letters, gaps and requests. `storage` implements it; every
 * call throws a retryable trouble while the database is away.
 */
export interface Ledger<Item> {
  /**
   * The book, with a fresh head at 0 for a new source. A jump that a person accepted is gone past here: the head moves behind it, and what
   * it skipped is published as set aside.
   */
  readonly open: (source: string) => Promise<Book>;
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
  /** What people ask of this stage in these sources and has no answer yet, the oldest first. */
  readonly requests: (sources: readonly string[]) => Promise<readonly StageRequest[]>;
  /** Answers a request, once: why it was refused, or null when it is done. */
  readonly answer: (requestId: string, refusal: string | null) => Promise<void>;
  /** What is set aside under a sequence of the log; undefined when nothing is. */
  readonly setAside: (source: string, sequence: number) => Promise<SetAsideUnit | undefined>;
  /** The raw records of a unit that was set aside, in order: as they were kept, or as the request hands them in corrected. */
  readonly keptRecords: (request: StageRequest) => AsyncIterable<KeptRecord>;
  /**
   * Puts a pack in force for the head's source, from the sequence after its last on (from the first, where there was none before), and answers the request
   * that asked for it. Throws the trouble `stage.fenced` when the stored head is another one.
   */
  readonly activatePack: (head: Head, pack: OfferedPack, requestId: string | null) => Promise<void>;
  /** How many times a pack came into force in a source. */
  readonly packCount: (source: string) => Promise<number>;
  /** Writes down what waits in a source for more records, or that nothing does. */
  readonly noteWaiting: (source: string, waiting: Waiting | null) => Promise<void>;
}
