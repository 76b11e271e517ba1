import { type Baseline, makeScore } from '@overlay/detectors';
import { canonicalJson, identify } from '@overlay/evidence';
import { type BusinessEvent, type CaseAnomaly, type DenseRecord, topics } from '@overlay/model';
import { foldByPack } from '@overlay/packs';
import { type Arrow, denseInput } from '@overlay/streams';
import { assignCases, type OpenCase } from './assign-cases.ts';

/** business event → anomaly, by the detectors of the pack that is in force */
export const score: Arrow<DenseRecord<BusinessEvent>, CaseAnomaly, Baseline | OpenCase> = {
  stage: 'anomaly-scorer',
  input: denseInput(topics.businessEvent),
  output: topics.anomaly,
  fold: foldByPack((pack) => assignCases(makeScore(pack, identify), identify)),
  packs: {},
  bodyOf: canonicalJson,
};
