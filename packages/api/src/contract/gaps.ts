import { Timestamp } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

export const Gap = z.object({
  gapId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  code: z.string(),
  meaning: z.string(),
  subject: z.string(),
  detail: z.string(),
  afterSequence: count,
  topic: z.string(),
  partition: z.int(),
  offset: z.string().nullable(),
  foundAt: Timestamp,
  decision: z.enum(['accept', 'retry']).nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: Timestamp.nullable(),
});
export type Gap = z.infer<typeof Gap>;

/** The undecided first. */
export const GapList = z.object({ timeZone: z.string(), gaps: z.array(Gap) });
export type GapList = z.infer<typeof GapList>;
