import { type Baseline, makeScore } from '@overlay/detectors';
import { canonicalJson, identify } from '@overlay/evidence';
import { type BusinessEvent, type CaseAnomaly, type DenseRecord, topics } from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { type Arrow, denseInput } from '@overlay/streams';
import { assignCases, type OpenCase } from './assign-cases.ts';

/** business event → anomaly, by the detectors that a pack configures */
export const score = (pack: Pack): Arrow<DenseRecord<BusinessEvent>, CaseAnomaly, Baseline | OpenCase> => ({
  stage: 'anomaly-scorer',
  input: denseInput(topics.businessEvent),
  output: topics.anomaly,
  fold: assignCases(makeScore(pack, identify), identify),
  bodyOf: canonicalJson,
});
