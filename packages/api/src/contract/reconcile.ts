import { Row } from '@overlay/model';
import { z } from 'zod';
import { columnValue, count } from './words.ts';

/** What comparing a live source with the log folded to its state said. Values are as the log writes them: tokens in the place of what is sensitive. */
export const Reconciliation = z.object({
  source: z.string(),
  serverUuid: z.string(),
  /** What the source had executed, and the last sequence of the log that belongs to it. */
  gtids: z.string(),
  sequence: z.int(),
  /** Why the source was not held still for a moment; null: it was, for `locked_ms`. */
  unlocked: z.string().nullable(),
  locked_ms: z.number(),
  seconds: z.number(),
  tables: z.array(
    z.object({
      database: z.string(),
      table: z.string(),
      verdict: z.enum(['equal', 'differs', 'not_compared']),
      /** Why it was not compared, or differs as a whole. */
      why: z.string().nullable(),
      sourceRows: count,
      logRows: z.int(),
      differences: count,
      /** False: there are more, which were not looked at. */
      isCounted: z.boolean(),
      /** The first differences. */
      listed: z.array(
        z.object({
          kind: z.enum(['missing_in_log', 'missing_at_source', 'differs']),
          primaryKey: Row,
          columns: z.array(
            z.object({ column: z.string(), log: columnValue.optional(), source: columnValue.optional() }),
          ),
          /** The newest change behind the row in the log. */
          sequence: z.int().nullable(),
          eventId: z.uuid().nullable(),
          /** What is known to be missing or unreadable in the log, and may be why. */
          perhaps: z.string().nullable(),
        }),
      ),
      /** `rows`: in how many of them; null: in all. */
      notCompared: z.array(z.object({ column: z.string(), why: z.string(), rows: count.nullable() })),
    }),
  ),
  /** What of the log up to there nobody can know. */
  holes: z.array(z.string()),
});
export type Reconciliation = z.infer<typeof Reconciliation>;
