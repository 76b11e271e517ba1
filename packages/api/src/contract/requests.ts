import { REQUEST_KINDS, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

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

/** The newest first. */
export const RequestList = z.object({ timeZone: z.string(), requests: z.array(StageRequest) });
export type RequestList = z.infer<typeof RequestList>;
