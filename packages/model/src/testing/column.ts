import type { ColumnDefinition } from '../schema-version.ts';

/** A column that cannot be null, but for what else is said of it. */
export const column = (name: string, type: string, more: Partial<ColumnDefinition> = {}): ColumnDefinition => ({
  name,
  type,
  length: null,
  scale: null,
  labels: null,
  charset: null,
  isNullable: false,
  hasDefault: false,
  isFilledIn: false,
  ...more,
});
