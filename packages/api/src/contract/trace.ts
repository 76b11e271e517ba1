import { Actor, BusinessEvent, RecordKind, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { ListedAnomaly } from './anomalies.ts';
import { TracedChange } from './rows.ts';
import { count } from './words.ts';

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
  /** Who did it: nobody where nothing says it, several where statements or columns name different people. */
  actors: z.array(Actor),
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
