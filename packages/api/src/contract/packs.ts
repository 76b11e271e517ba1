import { BusinessEvent, Operation, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

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
