import { BusinessEvent, CaseAnomaly, Fact, Operation, RecordKind, Row, Timestamp } from '@overlay/model';
import { z } from 'zod';

/** The shapes of all answers: what `auditctl --json` prints and what the gateway will serve. Fields are added, never changed or removed. */

const count = z.int().min(0);
const columnValue = z.union([z.string(), z.boolean(), z.null()]);

/** A day in words and numbers. */
export const Summary = z.object({
  source: z.string(),
  day: z.iso.date(),
  timeZone: z.string(),
  /** `template`, or the model that wrote the prose. */
  author: z.string(),
  /** The facts rest on the records of the day up to here; 0 when there are none. */
  asOfSequence: count,
  /** Transactions of the day that have landed but that some stage has yet to go through. */
  pendingTransactions: count,
  /** True when it was written by the summarizer before, false when it was made for this answer. */
  isStored: z.boolean(),
  title: z.string(),
  text: z.string(),
  facts: z.array(Fact),
});
export type Summary = z.infer<typeof Summary>;

/** An anomaly with its place in the log. */
export const ListedAnomaly = CaseAnomaly.extend({ source: z.string(), sequence: z.int() });
export type ListedAnomaly = z.infer<typeof ListedAnomaly>;

/** The most severe first. */
export const AnomalyList = z.object({
  timeZone: z.string(),
  /** How many fit the filter; the list holds the first of them. */
  total: count,
  anomalies: z.array(ListedAnomaly),
});
export type AnomalyList = z.infer<typeof AnomalyList>;

/** One row change of a transaction. `before` is missing in the columns of an inserted row, `after` in those of a deleted one. */
export const TracedChange = z.object({
  eventId: z.uuid(),
  order: z.int(),
  database: z.string(),
  table: z.string(),
  operation: Operation,
  primaryKey: Row,
  /** Columns with another value than before; all columns of an inserted, deleted or snapshot row. */
  columns: z.array(z.object({ column: z.string(), before: columnValue.optional(), after: columnValue.optional() })),
  schemaVersion: z.string(),
  file: z.string(),
  position: z.int(),
  row: z.int(),
  gtid: z.string().nullable(),
  thread: z.int().nullable(),
});
export type TracedChange = z.infer<typeof TracedChange>;

export const TracedTransaction = z.object({
  source: z.string(),
  sequence: z.int(),
  kind: RecordKind,
  transactionId: z.string(),
  gtid: z.string().nullable(),
  timestamp: Timestamp,
  /** Where its first change stands in the source's binary log; null when it has none that was read. */
  file: z.string().nullable(),
  position: z.int().nullable(),
  changeCount: count,
  /** All that was read: those the business events rest on, and the first ones. */
  changes: z.array(TracedChange),
  businessEvents: z.array(BusinessEvent),
  anomalies: z.array(ListedAnomaly),
  /** What stages could not read of it. */
  faults: z.array(
    z.object({
      stage: z.string(),
      code: z.string(),
      detail: z.string(),
      topic: z.string(),
      partition: z.int(),
      offset: z.string(),
    }),
  ),
});
export type TracedTransaction = z.infer<typeof TracedTransaction>;

const FoundThing = z.object({
  kind: z.enum(['anomaly', 'business_event', 'change_event', 'transaction']),
  id: z.string(),
  /** Type of the event, detector of the anomaly, operation and table of the change, kind of the transaction. */
  label: z.string(),
  source: z.string(),
  sequence: z.int(),
});

/** From an id down to the rows of the source. */
export const Trace = z.object({
  timeZone: z.string(),
  /** What the id named. */
  found: FoundThing,
  /** More that it named, for an entity: its other events, the newest first, a few. */
  others: z.array(FoundThing),
  /** The anomaly, when the id named one. */
  anomaly: ListedAnomaly.nullable(),
  /** The transaction that it belongs to; for an anomaly, every transaction that it rests on, a few. */
  transactions: z.array(TracedTransaction),
  transactionsLeftOut: count,
});
export type Trace = z.infer<typeof Trace>;

export const Gap = z.object({
  gapId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  code: z.string(),
  meaning: z.string(),
  subject: z.string(),
  detail: z.string(),
  afterSequence: count,
  topic: z.string(),
  partition: z.int(),
  offset: z.string().nullable(),
  foundAt: Timestamp,
  decision: z.enum(['accept', 'retry']).nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: Timestamp.nullable(),
});
export type Gap = z.infer<typeof Gap>;

/** The undecided first. */
export const GapList = z.object({ timeZone: z.string(), gaps: z.array(Gap) });
export type GapList = z.infer<typeof GapList>;

export const StageStatus = z.object({
  stage: z.string(),
  /**
   * ok: nothing waits. behind: it works on what waits. stalled: something waits and nothing has landed for a minute. held: a gap stops it.
   * not_begun: it has no head. down: its health endpoint does not answer, or says it is not ready.
   */
  state: z.enum(['ok', 'behind', 'stalled', 'held', 'not_begun', 'down']),
  detail: z.string(),
  landed: count,
  published: count,
  landedCommitTime: Timestamp.nullable(),
  updatedAt: Timestamp.nullable(),
  /** Sequences that the stage before has landed and this one has not; null for the first stage. */
  lagSequences: count.nullable(),
  /** What the stage itself measures, null where its metrics cannot be read. */
  lagRecords: z.number().nullable(),
  lagSeconds: z.number().nullable(),
});
export type StageStatus = z.infer<typeof StageStatus>;

const Reachable = z.object({ isUp: z.boolean(), detail: z.string() });

export const Status = z.object({
  checkedAt: Timestamp,
  timeZone: z.string(),
  postgres: Reachable,
  /** Null when no address of Kafka Connect was given. */
  connect: Reachable.extend({
    connectors: z.array(
      z.object({
        name: z.string(),
        state: z.string(),
        tasks: z.array(z.object({ id: z.int(), state: z.string(), trace: z.string().nullable() })),
      }),
    ),
  }).nullable(),
  sources: z.array(z.object({ source: z.string(), stages: z.array(StageStatus) })),
  /** Gaps that nobody has decided on. */
  gaps: z.array(Gap),
  deadLetters: z.array(
    z.object({
      stage: z.string(),
      source: z.string(),
      code: z.string(),
      count,
      lastFoundAt: Timestamp,
      lastDetail: z.string(),
      lastTopic: z.string(),
      lastPartition: z.int(),
      lastOffset: z.string(),
    }),
  ),
  setAside: z.object({
    count,
    latest: z.array(
      z.object({ source: z.string(), sequence: z.int(), transactionId: z.string(), commitTime: Timestamp }),
    ),
  }),
  /** What a person should look at, a sentence each; empty when all is well. */
  findings: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;
