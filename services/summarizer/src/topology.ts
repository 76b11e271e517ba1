import { canonicalJson, identify } from '@overlay/evidence';
import { type CaseAnomaly, type DenseRecord, type Narrative, topics } from '@overlay/model';
import { foldByPack } from '@overlay/packs';
import { type Arrow, denseInput } from '@overlay/streams';
import { explain } from './explain.ts';

/** anomaly → narrative */
export const summarize: Arrow<DenseRecord<CaseAnomaly>, Narrative, never> = {
  stage: 'summarizer',
  input: denseInput(topics.anomaly),
  output: topics.narrative,
  fold: foldByPack(({ timeZone }) => explain(timeZone, identify)),
  packs: {},
  bodyOf: canonicalJson,
};
