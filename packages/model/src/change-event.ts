import { z } from 'zod';
import { Timestamp } from './time.ts';

export const Operation = z.enum(['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'READ']);
export type Operation = z.infer<typeof Operation>;

/** Column values are text, booleans or null, never numbers: JavaScript's cannot hold them all. */
export const Row = z.record(z.string(), z.union([z.string(), z.boolean(), z.null()]));
export type Row = z.infer<typeof Row>;

/** One row change of the source, independent of the connector that saw it. Its canonical JSON is the `body` that is stored and hashed. */
export const ChangeEvent = z.object({
  eventId: z.uuid(),
  source: z.object({ name: z.string(), database: z.string(), table: z.string(), primaryKey: Row }),
  operation: Operation,
  before: Row.nullable(),
  after: Row.nullable(),
  /** Commit time at the source. */
  timestamp: Timestamp,
  transactionId: z.string(),
  sequence: z.int().min(1),
  /** Place in the transaction, from 1. */
  order: z.int().min(1),
  /** `database.table:version`, raised by each DDL that changes columns, types or key. */
  schemaVersion: z.string(),
  metadata: z.object({
    connector: z.string(),
    version: z.string(),
    file: z.string(),
    position: z.int(),
    row: z.int(),
    gtid: z.string().nullable(),
    thread: z.int().nullable(),
    snapshot: z.boolean(),
    /** True when no schema was known and types were guessed from the values. */
    inferred: z.boolean(),
  }),
});
export type ChangeEvent = z.infer<typeof ChangeEvent>;
