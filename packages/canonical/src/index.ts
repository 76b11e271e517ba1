export {
  type ColumnType,
  converterOf,
  guessValue,
  type ToValue,
  type Value,
  ValueError,
} from './column-values.ts';
export { ghostOf } from './ghost-table.ts';
export { guessedText, imageText, keyText, putImage } from './image-text.ts';
export { afterBytes } from './json-bytes.ts';
export { KeyRing, type KeySource, type Keys, NO_KEYS, needOf } from './key-ring.ts';
export { Policies, policyOf, type Stretch, type TablePolicy } from './policies.ts';
export type { RawColumn, RawDefinition, RawImage } from './raw-image.ts';
export { makeSealing, missingKeys } from './seal-change.ts';
export type { ValueWatch } from './sensitive-look.ts';
export { likenessOf, sourceConverterOf, sourceExpression } from './source-values.ts';
export {
  isSameShape,
  NO_DEFINITION,
  planOf,
  type RowPlan,
  type Shape,
  shapeGiven,
  TableDefinition,
} from './table-definition.ts';
export { TextPage } from './text-page.ts';
export { type Image, ImageShape, valueIn, valuesOf, WrittenImage } from './written-image.ts';
