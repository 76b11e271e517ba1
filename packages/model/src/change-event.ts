import { z } from 'zod';
import { Timestamp } from './time.ts';

export const Operation = z.enum(['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'READ']);
export type Operation = z.infer<typeof Operation>;

/** Column values are text, booleans or null, never numbers: JavaScript's cannot hold them all. */
export const Row = z.record(z.string(), z.union([z.string(), z.boolean(), z.null()]));
export type Row = z.infer<typeof Row>;

/**
 * Column values of one event under the key of one subject: AES-256-GCM, nonce, ciphertext and tag in base64. It stands beside the body, which has
 * tokens in their place, so that neither keys nor erasures touch what is hashed.
 */
const SealedValues = z.object({ sealed: z.string(), subject: z.string() });

/** By the place of the items: what is sealed of each. */
export const SealedItems = z.array(z.array(SealedValues).nullable());

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
    /** What the application said of itself in a comment of its statement, by its own names; only there when it did. */
    context: z.record(z.string(), z.string()).optional(),
    /** Columns whose value may stand for one that the connector could not give; only there when there are any. */
    doubtful: z.array(z.string()).optional(),
    file: z.string(),
    /** The table that a tool is changing online, where this one only helps to do so: no change of the business. */
    ghostOf: z.string().optional(),
    position: z.int(),
    /** Place in the binary log's event; 0 where it is not there. */
    row: z.int().optional(),
    /** Where it is not the transaction's id. */
    gtid: z.string().nullable().optional(),
    thread: z.int().nullable(),
    /** True for a row of a snapshot, or not there. */
    snapshot: z.boolean().optional(),
    /** True when no schema was known and types were guessed from the values, or not there. */
    inferred: z.boolean().optional(),
  }),
});
export type ChangeEvent = z.infer<typeof ChangeEvent>;
