import type { Keys } from '@overlay/canonical';
import { topics } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import type { Arrow } from '@overlay/streams';
import { makeAssemble } from './assemble.ts';
import { rememberFormer } from './former-definitions.ts';
import { makeRawInput } from './raw-input.ts';
import type { RawRecord } from './raw-record.ts';
import { makeRepair } from './repair.ts';

/** raw → transaction, sealed by the policies of the pack that is in force, with these keys */
export const normalize = (keys?: Keys): Arrow<RawRecord, WrittenChange, unknown> => ({
  stage: 'normalizer',
  input: makeRawInput(),
  output: topics.transaction,
  fold: rememberFormer(makeAssemble(keys)),
  bodyOf: (change) => change.body,
  sealedValuesOf: (change) => change.sealedValues,
  repair: makeRepair(keys),
});
