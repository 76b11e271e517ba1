import {
  Act,
  BusinessEvent,
  CaseAnomaly,
  Fact,
  Operation,
  REQUEST_KINDS,
  RecordKind,
  Row,
  Timestamp,
} from '@overlay/model';
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

/** What happened to one row, in the order of the log; definitions of its table among it, without an event. */
export const RowHistory = z.object({
  timeZone: z.string(),
  /** As it was asked for. */
  table: z.string(),
  key: Row,
  entries: z.array(
    z.object({
      sequence: z.int(),
      order: z.int(),
      timestamp: Timestamp,
      transactionId: z.string().nullable(),
      /** An operation of a change event, or CREATE, ALTER, RENAME or DROP of the table. */
      operation: z.string(),
      eventId: z.uuid().nullable(),
      database: z.string(),
      table: z.string(),
      primaryKey: Row.nullable(),
      columns: z.array(z.object({ column: z.string(), before: columnValue.optional(), after: columnValue.optional() })),
      /** Where the key itself was changed: the one that the row had before (INSERT), or has from then on (DELETE). */
      otherKey: Row.nullable(),
      /** Who did it, by the business events of the transaction. */
      actor: z.object({ id: z.string().nullable(), label: z.string().nullable(), grade: z.string() }).nullable(),
      thread: z.string().nullable(),
      schemaVersion: z.string(),
      file: z.string(),
      position: z.int(),
      /** Of a definition: the statement without literals. */
      statement: z.string().nullable(),
      /** Text that Postgres cannot show is null here. */
      hasUnshowableText: z.boolean(),
    }),
  ),
});
export type RowHistory = z.infer<typeof RowHistory>;

/** Rows of a table as they were after a sequence. */
export const RowsAsOf = z.object({
  timeZone: z.string(),
  source: z.string(),
  database: z.string(),
  table: z.string(),
  /** What was asked for, and the last whole transaction that it takes in. */
  at: z.string(),
  sequence: z.int(),
  /** How many rows there were; the list holds the first of them. */
  total: count,
  rows: z.array(
    z.object({
      primaryKey: Row,
      row: Row,
      /** The change that made the row what it was. */
      sequence: z.int(),
      order: z.int(),
      timestamp: Timestamp,
      operation: z.string(),
      eventId: z.uuid(),
      /** What of the row the log cannot know. */
      doubts: z.array(z.string()),
    }),
  ),
  /** What of the log up to there nobody can know. */
  holes: z.array(z.string()),
});
export type RowsAsOf = z.infer<typeof RowsAsOf>;

/** SQL for the source that takes a transaction or one change back: `begin`, the statements in their order, `end`. Nothing was run. */
export const UndoPlan = z.object({
  timeZone: z.string(),
  source: z.string(),
  sequence: z.int(),
  transactionId: z.string(),
  timestamp: Timestamp,
  begin: z.array(z.string()),
  statements: z.array(
    z.object({
      eventId: z.uuid(),
      database: z.string(),
      table: z.string(),
      sql: z.string(),
      /** Why the statement is a comment with placeholders; empty where it can be run. */
      missing: z.array(z.string()),
    }),
  ),
  end: z.array(z.string()),
  /** What changed the same rows, or their tables, later. */
  later: z.array(z.string()),
});
export type UndoPlan = z.infer<typeof UndoPlan>;

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

/** Dead letters that belong together: the records of what is set aside under a sequence, or one by itself. */
export const DeadLetterUnit = z.object({
  /** Id of the first of them. */
  deadLetterId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  sequence: z.int().nullable(),
  transactionId: z.string().nullable(),
  /** Whether a whole transaction is set aside, or only this record was refused. */
  isSetAside: z.boolean(),
  /** The sequence that repaired it; null while it is open. */
  repairedBy: z.int().nullable(),
  count,
  /** Codes of what is wrong, and in how many records; records that are kept beside those do not count here. */
  codes: z.record(z.string(), count),
  detail: z.string(),
  firstFoundAt: Timestamp,
  lastFoundAt: Timestamp,
});
export type DeadLetterUnit = z.infer<typeof DeadLetterUnit>;

/** The newest first. */
export const DeadLetterList = z.object({
  timeZone: z.string(),
  /** How many fit the filter; the list holds the first of them. */
  total: count,
  units: z.array(DeadLetterUnit),
});
export type DeadLetterList = z.infer<typeof DeadLetterList>;

export const DeadLetter = z.object({
  deadLetterId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  sequence: z.int().nullable(),
  /** Place among the records that are set aside with it, from 1. */
  ordinal: z.int().nullable(),
  code: z.string(),
  detail: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  /** SHA-256 of key and value, in hexadecimal. */
  digest: z.string(),
  foundAt: Timestamp,
  /** gone: their key has expired, or is another one. sealed: no key was given. */
  bytes: z.enum(['readable', 'gone', 'sealed']),
  key: z.string().nullable(),
  value: z.string().nullable(),
  /** How `value` writes the bytes: as the text they are, or in base64. */
  encoding: z.enum(['utf8', 'base64']),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** What a person asked of a running stage, and the answer. */
export const StageRequest = z.object({
  requestId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  kind: z.enum(Object.keys(REQUEST_KINDS) as (keyof typeof REQUEST_KINDS)[]),
  meaning: z.string(),
  /** The sequence that is to be repaired, or the first to be published again; 0 where it is about a pack. */
  sequence: count,
  isCorrected: z.boolean(),
  /** The version that is to come into force; null where it is about none. */
  pack: z.object({ name: z.string(), version: z.int() }).nullable(),
  requestedBy: z.string(),
  requestedAt: Timestamp,
  /** Null until the stage took it up. */
  outcome: z.enum(['done', 'refused']).nullable(),
  refusal: z.string().nullable(),
  /** The sequence at which it took effect. */
  effectSequence: z.int().nullable(),
  answeredAt: Timestamp.nullable(),
});
export type StageRequest = z.infer<typeof StageRequest>;
export const REQUEST_MEANINGS = REQUEST_KINDS;

/** What a pack makes of a stretch of the log, beside the events that hold now. */
export const ReplayReport = z.object({
  source: z.string(),
  pack: z.string(),
  version: z.int(),
  fromSequence: z.int(),
  toSequence: z.int(),
  transactions: count,
  rows: count,
  /** Rows that no event rests on. */
  unexplainedRows: count,
  /** Times that a rule could not be evaluated. */
  faults: count,
  /** The first different ones: which rule, on which rows, why. */
  faultDetails: z.array(z.string()),
  /** By type of event: the same, new, gone, and made otherwise. */
  types: z.array(z.object({ type: z.string(), kept: count, added: count, removed: count, changed: count })),
  /** The first of each kind and type. */
  differences: z.array(
    z.object({
      kind: z.enum(['added', 'removed', 'changed']),
      sequence: z.int(),
      event: BusinessEvent,
      /** As it stands, where it is changed. */
      former: BusinessEvent.nullable(),
    }),
  ),
  /** The number under which these events hold from now on; null when nothing was changed. */
  rebuild: z.int().nullable(),
});
export type ReplayReport = z.infer<typeof ReplayReport>;

/** The versions of packs that came into force, by source, the newest first. */
export const PackList = z.object({
  timeZone: z.string(),
  packs: z.array(
    z.object({
      source: z.string(),
      pack: z.string(),
      version: z.int(),
      /** The first sequence that is read by it. */
      fromSequence: z.int(),
      activatedAt: Timestamp,
      offeredBy: z.string(),
      /** SHA-256 of its content, in hexadecimal. */
      digest: z.string(),
    }),
  ),
});
export type PackList = z.infer<typeof PackList>;

/** A sealed value as it was in the source. */
export const OpenedValue = z.object({
  eventId: z.uuid(),
  source: z.string(),
  sequence: z.int(),
  column: z.string(),
  /** Null where there was none, or it was null. */
  before: z.union([z.string(), z.boolean(), z.null()]),
  after: z.union([z.string(), z.boolean(), z.null()]),
});
export type OpenedValue = z.infer<typeof OpenedValue>;

/** Sealed values in clear. */
export const Names = z.object({
  /** By token; `[ERASED]` where whose value it was is erased, none where no change of the log holds the token. */
  values: z.record(z.string(), z.string()),
  /** How many of them are erased. */
  erased: z.int(),
});
export type Names = z.infer<typeof Names>;

/** An erasure, and when the last copy of what was erased is past. */
export const Erasure = z.object({
  /** Does not tell who it was. */
  subjectId: z.string(),
  source: z.string(),
  erasedAt: Timestamp,
  rawTopicPastAt: Timestamp,
  keyBackupsPastAt: Timestamp,
  deadLettersPastAt: Timestamp,
  /** The latest of these. */
  goneAt: Timestamp,
});
export type Erasure = z.infer<typeof Erasure>;

/** A subject that must not be erased, and until when it was so. */
export const HeldSubject = z.object({
  holdId: z.uuid(),
  subjectId: z.string(),
  reason: z.string(),
  placedBy: z.string(),
  placedAt: Timestamp,
  releasedBy: z.string().nullable(),
  releasedAt: Timestamp.nullable(),
});
export type HeldSubject = z.infer<typeof HeldSubject>;

/** Those that still hold first, then the newest. */
export const HoldList = z.object({ timeZone: z.string(), holds: z.array(HeldSubject) });
export type HoldList = z.infer<typeof HoldList>;

/** How many keys were wrapped by another master key. */
export const Rotation = z.object({ keys: count });
export type Rotation = z.infer<typeof Rotation>;

/** The newest first. */
export const RequestList = z.object({ timeZone: z.string(), requests: z.array(StageRequest) });
export type RequestList = z.infer<typeof RequestList>;

export const DeadLetters = z.object({
  timeZone: z.string(),
  /** What they belong to; null for a record by itself. */
  unit: DeadLetterUnit.nullable(),
  letters: z.array(DeadLetter),
  /** What was asked about their sequence, the newest first. */
  requests: z.array(StageRequest.omit({ meaning: true })),
});
export type DeadLetters = z.infer<typeof DeadLetters>;

/** What no rule of the pack explains: by table and operation, most first, and the newest transactions. */
export const UnexplainedList = z.object({
  timeZone: z.string(),
  tables: z.array(
    z.object({
      source: z.string(),
      database: z.string(),
      table: z.string(),
      operation: Operation,
      /** Row changes that rules were asked about; of them, those that no business event rests on; and in how many transactions. */
      rows: count,
      unexplained: count,
      transactions: count,
      /** `unexplained` of `rows`, 0 to 1. */
      share: z.number().min(0).max(1),
    }),
  ),
  newest: z.array(
    z.object({
      source: z.string(),
      sequence: z.int(),
      timestamp: Timestamp,
      database: z.string(),
      table: z.string(),
      operation: Operation,
      rows: count,
      firstEventId: z.uuid(),
    }),
  ),
});
export type UnexplainedList = z.infer<typeof UnexplainedList>;

/** What a pack's rules make of its own examples. */
export const RulesReport = z.object({
  pack: z.string(),
  version: z.int(),
  /** No differences: as expected. */
  examples: z.array(z.object({ title: z.string(), differences: z.array(z.string()) })),
  /** Rules that give no event in any example. */
  rulesWithoutExample: z.array(z.string()),
  passed: z.boolean(),
});
export type RulesReport = z.infer<typeof RulesReport>;

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
  /** What has begun and is not whole, as its stage saw it last; it lands only as a whole. */
  waiting: z.array(
    z.object({
      stage: z.string(),
      source: z.string(),
      subject: z.string().nullable(),
      /** How many records of it came, and when the first and the last of them were published. */
      records: count,
      since: Timestamp,
      last: Timestamp,
      notedAt: Timestamp,
    }),
  ),
  /** Columns that look as if they held something about a person, or a secret, and of which the newest pack says nothing. */
  sensitiveColumns: z.array(
    z.object({ source: z.string(), database: z.string(), table: z.string(), column: z.string(), why: z.string() }),
  ),
  /** What a person should look at, a sentence each; empty when all is well. */
  findings: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;

/** Something in the record that is not as it was logged; `first` and `last` are sequences, null where it has no place in the log. */
const EvidenceFinding = z.object({
  source: z.string(),
  first: z.int().nullable(),
  last: z.int().nullable(),
  what: z.string(),
});

/** How the evidence logs stand against the rows, and against what was kept outside. */
export const Verification = z.object({
  logs: z.array(
    z.object({
      source: z.string(),
      firstSequence: z.int(),
      lastSequence: z.int(),
      /** Leaves. */
      size: count,
      /** Base64, of the tree that the rows give. */
      root: z.string(),
      /** Sequences and events that were recomputed. */
      recomputed: count,
      events: count,
      /** Checkpoints that were compared: of the database, and of anchors. */
      checkpoints: count,
      anchors: count,
      /** The last sequence that an anchor has a checkpoint of. */
      anchoredUpTo: z.int().nullable(),
      findings: z.array(EvidenceFinding),
    }),
  ),
  /** What belongs to no log that is there. */
  findings: z.array(EvidenceFinding),
  /** What was not compared, because it was not given. */
  unchecked: z.array(z.string()),
});
export type Verification = z.infer<typeof Verification>;

/** An act of the self-audit, as it stands there. */
export const AuditedAct = Act.extend({ sequence: z.int(), at: Timestamp, login: z.string() });
export type AuditedAct = z.infer<typeof AuditedAct>;

/** The newest of those that were asked for, in their order. */
export const SelfAudit = z.object({ timeZone: z.string(), total: count, acts: z.array(AuditedAct) });
export type SelfAudit = z.infer<typeof SelfAudit>;
