import { topics } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import type { Arrow } from '@overlay/streams';
import { assemble } from './assemble.ts';
import { rawInput } from './raw-input.ts';
import type { RawRecord } from './raw-record.ts';

/** raw → transaction */
export const normalize: Arrow<RawRecord, WrittenChange, unknown> = {
  stage: 'normalizer',
  input: rawInput,
  output: topics.transaction,
  fold: assemble,
  bodyOf: (change) => change.body,
};
