import { z } from 'zod';
import { Timestamp } from './time.ts';

/** How sure we are of who did it: the application said so, several traces agree, one trace says so, nothing does. */
export const ActorGrade = z.enum(['exact', 'corroborated', 'inferred', 'unknown']);
export type ActorGrade = z.infer<typeof ActorGrade>;

export const Actor = z.object({ id: z.string().nullable(), label: z.string().nullable(), grade: ActorGrade });
export type Actor = z.infer<typeof Actor>;

/** JSON without numbers that could lose digits: quantities and money are decimal text. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What happened, in the words of the pack's domain. */
export const BusinessEvent = z.object({
  eventId: z.uuid(),
  type: z.string().min(1),
  entityType: z.string(),
  entityId: z.string(),
  /** Commit time of the transaction it was inferred from. */
  timestamp: Timestamp,
  actor: Actor,
  payload: z.record(z.string(), z.json()),
  /** 0 to 1: how surely the rows mean this event. */
  confidence: z.number().min(0).max(1),
  sourceEventIds: z.array(z.uuid()),
  rule: z.string(),
  ruleVersion: z.int(),
});
export type BusinessEvent = z.infer<typeof BusinessEvent>;
