export { makeInfer } from './infer.ts';
export { type Label, labelKey } from './labels.ts';
export type { Identify } from './rule.ts';
