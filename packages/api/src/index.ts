export { makeZone, printNumber, rowText, type Zone } from '@overlay/narratives';
export type { AnomalyAsk } from './anomalies.ts';
export type { Answer, Refusal } from './answer.ts';
export { type Api, type ApiDeps, makeApi } from './api.ts';
export {
  AnomalyList,
  Gap,
  GapList,
  ListedAnomaly,
  StageStatus,
  Status,
  Summary,
  Trace,
  TracedChange,
  TracedTransaction,
} from './contract.ts';
export { apiConfig, openApi } from './open.ts';
export type { SummaryAsk } from './summary.ts';
