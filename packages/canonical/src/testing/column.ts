import type { RawColumn } from '../raw-image.ts';

/** A column called `c` that can be null, but for what else is said of it. */
export const column = (type: string, more: Partial<RawColumn> = {}): RawColumn => ({
  name: 'c',
  type,
  length: null,
  scale: null,
  labels: null,
  charset: null,
  isNullable: true,
  default: null,
  isFilledIn: false,
  ...more,
});
