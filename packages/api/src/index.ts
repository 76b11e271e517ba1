export { makeZone, printNumber, rowText, type Zone } from '@overlay/narratives';
export { readOffer } from '@overlay/packs/load';
export type { AnomalyAsk } from './anomalies.ts';
export type { Answer, Refusal } from './answer.ts';
export type { Api } from './api.ts';
export {
  AnomalyList,
  AuditedAct,
  Coverage,
  DeadLetter,
  DeadLetterList,
  DeadLetters,
  DeadLetterUnit,
  Erasure,
  Gap,
  GapList,
  HeldSubject,
  HoldList,
  ListedAnomaly,
  Names,
  OpenedValue,
  PackList,
  Reconciliation,
  ReplayReport,
  RequestList,
  Rotation,
  RowHistory,
  RowsAsOf,
  RulesReport,
  SelfAudit,
  StageRequest,
  StageStatus,
  Status,
  Summary,
  Trace,
  TracedChange,
  TracedTransaction,
  UndoPlan,
  UnexplainedList,
  Verification,
} from './contract/index.ts';
export type { CoverageAsk } from './coverage.ts';
export { dbtPackage } from './dbt.ts';
export type { DeadLetterAsk } from './dead-letters.ts';
export { type Anchored, parseKeys, readAnchors, readDefinitionsFile, readOrRefuse } from './evidence/keys.ts';
export { checkPack, type Manifest, type PackAsk } from './evidence/pack.ts';
export { checkProof, type EventProof } from './evidence/proof.ts';
export type { VerifyAsk } from './evidence/verify.ts';
export { type ApiDeps, makeApi } from './make-api.ts';
export { tokensIn, withValues } from './names.ts';
export { apiConfig, openApi } from './open.ts';
export type { ReconcileAsk } from './reconcile.ts';
export { NotRecorded } from './recording.ts';
export type { RebuildAsk, ReplayAsk } from './replay.ts';
export type { AsOfAsk, HistoryAsk } from './rows.ts';
export { testRules } from './rules.ts';
export type { SelfAuditAsk } from './self-audit.ts';
export type { SummaryAsk } from './summary.ts';
export type { UnexplainedAsk } from './unexplained.ts';
