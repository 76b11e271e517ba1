import { canonicalJson, identify } from '@overlay/evidence';
import { type BusinessEvent, type ChangeEvent, type DenseRecord, topics } from '@overlay/model';
import { foldByPack } from '@overlay/packs';
import { type Label, makeInfer } from '@overlay/rules';
import { type Arrow, denseInput } from '@overlay/streams';

/** transaction → business event, by the rules of the pack that is in force */
export const infer: Arrow<DenseRecord<ChangeEvent>, BusinessEvent, Label> = {
  stage: 'inferencer',
  input: denseInput(topics.transaction),
  output: topics.businessEvent,
  fold: foldByPack((pack) => makeInfer(pack, identify)),
  packs: {},
  bodyOf: canonicalJson,
};
