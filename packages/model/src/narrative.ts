import { z } from 'zod';
import { Timestamp } from './time.ts';

/** A value that a text may state: every number in a narrative is one of its facts. */
export const Fact = z.object({
  id: z.string(),
  label: z.string(),
  value: z.string(),
  unit: z.string().nullable(),
  /** The business events, anomalies or change events behind the value (bounded; the query gives all). */
  eventIds: z.array(z.uuid()),
});
export type Fact = z.infer<typeof Fact>;

/** Text for people: why an anomaly is one, or what a day held. */
export const Narrative = z.object({
  narrativeId: z.uuid(),
  kind: z.enum(['anomaly_explanation', 'daily_summary']),
  /** The anomaly's id, or the day (`YYYY-MM-DD` in the pack's time zone). */
  subject: z.string(),
  /** The last sequence whose records the facts were computed from. */
  asOfSequence: z.int().min(0),
  timestamp: Timestamp,
  /** `template`, or the name of the model that wrote the prose. */
  author: z.string(),
  title: z.string(),
  text: z.string(),
  facts: z.array(Fact),
});
export type Narrative = z.infer<typeof Narrative>;
