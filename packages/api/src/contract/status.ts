import { Timestamp } from '@overlay/model';
import { z } from 'zod';
import { Gap } from './gaps.ts';
import { count } from './words.ts';

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
  /** Checks of sources that are not met, as their last look found them. */
  sourceChecks: z.array(
    z.object({
      source: z.string(),
      check: z.string(),
      isMet: z.boolean(),
      need: z.string(),
      found: z.string(),
      mend: z.string().nullable(),
    }),
  ),
  /** Transactions of the sources by what is known of them. */
  coverage: z.array(z.object({ source: z.string(), state: z.string(), count })),
  /** What the last comparison of each table with its source said. */
  reconciliations: z.array(
    z.object({
      source: z.string(),
      database: z.string(),
      table: z.string(),
      verdict: z.enum(['equal', 'differs', 'not_compared']),
      sequence: z.int(),
      sourceRows: count,
      logRows: count,
      differences: count,
      comparedAt: Timestamp,
    }),
  ),
  /** What a person should look at, a sentence each; empty when all is well. */
  findings: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;
