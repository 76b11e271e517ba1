export type { Baseline } from './baseline.ts';
export type { Identify } from './judge.ts';
export { makeScore } from './score.ts';
