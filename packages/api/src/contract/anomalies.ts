import { CaseAnomaly } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

/** An anomaly with its place in the log. */
export const ListedAnomaly = CaseAnomaly.extend({ source: z.string(), sequence: z.int() });
export type ListedAnomaly = z.infer<typeof ListedAnomaly>;

/** The most severe first. */
export const AnomalyList = z.object({
  timeZone: z.string(),
  /** How many fit the filter; the list holds the first of them. */
  total: count,
  anomalies: z.array(ListedAnomaly),
});
export type AnomalyList = z.infer<typeof AnomalyList>;
