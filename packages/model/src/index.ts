export { ACTIONS, Act, type Action, Caller, SELF_AUDIT } from './act.ts';
export { Anomaly, CaseAnomaly } from './anomaly.ts';
export { Actor, ActorGrade, BusinessEvent, type Json } from './business-event.ts';
export { ChangeEvent, Operation, Row } from './change-event.ts';
export { type Decision, decideAtOnce, type Fold, type Recall, type Start, type Step } from './fold.ts';
export { GAP_CODES, type Gap, type GapCode, gap } from './gap.ts';
export { type GtidRange, GtidSet } from './gtid.ts';
export type { Head, Position } from './head.ts';
export type {
  Book,
  DeadLetter,
  KeptRecord,
  Landed,
  Landing,
  Ledger,
  RecordedGap,
  SetAsideUnit,
  Waiting,
} from './ledger.ts';
export { Bug, must } from './must.ts';
export { Fact, Narrative } from './narrative.ts';
export type { OfferedPack, PackVersion } from './pack-version.ts';
export {
  type DenseRecord,
  type GrowingItems,
  type Items,
  type NewItems,
  RecordKind,
  recordOf,
  type WrittenRecord,
  withItems,
} from './record.ts';
export { REQUEST_KINDS, type RequestKind, type StageRequest } from './request.ts';
export type { ColumnDefinition, SchemaChangeKind, SchemaVersion } from './schema-version.ts';
export type { SensitiveColumn } from './sensitive-column.ts';
export { microsecondsOf, Timestamp, timestampOf } from './time.ts';
export { rawTopic, sourceOfRawTopic, topics } from './topics.ts';
export { gradeOf, TRANSACTION_GRADES, type TransactionActor, type TransactionGrade } from './transaction-actor.ts';
export type { UnexplainedChange } from './unexplained-change.ts';
export {
  FAULT_CODES,
  type Fault,
  type FaultCode,
  type Repeat,
  type RowCount,
  reject,
  skip,
  type Verdict,
} from './verdict.ts';
export { makeWallClock } from './wall-clock.ts';
