import { Timestamp } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

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
