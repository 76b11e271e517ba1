import { Timestamp } from '@overlay/model';
import { z } from 'zod';
import { Gap } from './gaps.ts';
import { count } from './words.ts';

/** Whether the log of a source lacks anything, and how that is known. */
export const Coverage = z.object({
  timeZone: z.string(),
  source: z.string(),
  /** complete: all that the source executed is accounted for, up to the last look. incomplete: something is missing. unknown: it cannot be told. */
  verdict: z.enum(['complete', 'incomplete', 'unknown']),
  /** Why it is not complete, a sentence each. */
  findings: z.array(z.string()),
  /** When the source was asked last; null where it never was. */
  checkedAt: Timestamp.nullable(),
  serverUuid: z.string().nullable(),
  /** Where in the binary log the log begins, `file:position`, and whether what came before is proven by it. */
  beganAt: z.string().nullable(),
  isBeginningProven: z.boolean(),
  /** Sequences that were counted, both ends with them. */
  first: z.int(),
  last: z.int(),
  /** Transactions of the source by what is known of them. */
  states: z.array(z.object({ state: z.string(), transactions: count })),
  /** The same as intervals of GTIDs. */
  intervals: z.array(
    z.object({
      server: z.string(),
      first: z.int(),
      last: z.int(),
      state: z.string(),
      cause: z.string().nullable(),
      afterTime: Timestamp.nullable(),
      foundAt: Timestamp.nullable(),
    }),
  ),
  /** What is stored of the sequences, by kind, and changes by table and operation. */
  kinds: z.array(z.object({ kind: z.string(), count })),
  changes: z.array(z.object({ table: z.string(), operation: z.string(), count })),
  /** Sequences that have no row. */
  lacking: z.array(z.object({ first: z.int(), last: z.int() })),
  /** Transactions that have other than as many changes as their END announced. */
  miscounted: z.array(z.object({ sequence: z.int(), transactionId: z.string(), announced: count, stored: count })),
  /** Transactions that are set aside and not repaired. */
  setAside: z.array(z.object({ sequence: z.int(), transactionId: z.string() })),
  /** What stopped the first stage, decided on or not. */
  gaps: z.array(Gap),
  /** What no look at the source can see. */
  unseen: z.array(z.string()),
});
export type Coverage = z.infer<typeof Coverage>;
