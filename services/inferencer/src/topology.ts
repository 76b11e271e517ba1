import { canonicalJson, identify } from '@overlay/evidence';
import { type BusinessEvent, type ChangeEvent, type DenseRecord, topics } from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { type Label, makeInfer } from '@overlay/rules';
import { type Arrow, denseInput } from '@overlay/streams';

/** transaction → business event, by the rules of a pack */
export const infer = (pack: Pack): Arrow<DenseRecord<ChangeEvent>, BusinessEvent, Label> => ({
  stage: 'inferencer',
  input: denseInput(topics.transaction),
  output: topics.businessEvent,
  fold: makeInfer(pack, identify),
  bodyOf: canonicalJson,
});
