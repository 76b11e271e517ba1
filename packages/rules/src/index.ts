export { type ExampleOutcome, type ExampleReport, runExamples } from './examples.ts';
export { makeInfer } from './infer.ts';
export { type Label, labelKey } from './labels.ts';
export { type Difference, differencesOf, makeReplay, type Replayed, rememberedTables } from './replay.ts';
export type { Identify } from './rule.ts';
