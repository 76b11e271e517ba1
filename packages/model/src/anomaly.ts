import { z } from 'zod';
import { Timestamp } from './time.ts';

/** A scored deviation, with everything that is needed to compute its score again. */
export const Anomaly = z.object({
  anomalyId: z.uuid(),
  detector: z.string(),
  detectorVersion: z.int(),
  /** Which kind of subject the detector watches, in the pack's words. */
  family: z.string(),
  entityType: z.string(),
  entityId: z.string(),
  /** Name of the entity for people, where the pack knows one. */
  entityLabel: z.string().nullable(),
  timestamp: Timestamp,
  /** z-equivalent of the tail probability, or of the policy's weight; higher is stranger. */
  score: z.number(),
  severity: z.enum(['low', 'medium', 'high', 'critical']),
  /** Probability of a value at least this extreme under the baseline; null for a policy, which needs no statistics. */
  pValue: z.number().nullable(),
  observed: z.number(),
  expected: z.number().nullable(),
  /** The baseline's parameters and the features that the score was computed from. */
  features: z.record(z.string(), z.json()),
  /** One sentence per reason, by template, every number in `features`, `observed` or `expected`. */
  reasons: z.array(z.string()),
  businessEventIds: z.array(z.uuid()),
  sourceEventIds: z.array(z.uuid()),
});
export type Anomaly = z.infer<typeof Anomaly>;

/** An anomaly with the case it belongs to: anomalies of one entity with no more than 24 hours between them share one. */
export const CaseAnomaly = Anomaly.extend({ caseId: z.uuid() });
export type CaseAnomaly = z.infer<typeof CaseAnomaly>;
