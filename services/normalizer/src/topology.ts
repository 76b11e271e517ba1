import { topics } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import type { Arrow } from '@overlay/streams';
import { assemble } from './assemble.ts';
import { rememberFormer } from './former-definitions.ts';
import { makeRawInput } from './raw-input.ts';
import type { RawRecord } from './raw-record.ts';
import { repair } from './repair.ts';

/** raw → transaction */
export const normalize: Arrow<RawRecord, WrittenChange, unknown> = {
  stage: 'normalizer',
  input: makeRawInput(),
  output: topics.transaction,
  fold: rememberFormer(assemble),
  bodyOf: (change) => change.body,
  repair,
};
