/** The shapes of all answers: what `auditctl --json` prints and what the gateway will serve. Fields are added, never changed or removed. */
export { AnomalyList, ListedAnomaly } from './anomalies.ts';
export { Coverage } from './coverage.ts';
export { DeadLetter, DeadLetterList, DeadLetters, DeadLetterUnit } from './dead-letters.ts';
export { Verification } from './evidence.ts';
export { Gap, GapList } from './gaps.ts';
export { PackList, ReplayReport, RulesReport, UnexplainedList } from './packs.ts';
export { Reconciliation } from './reconcile.ts';
export { REQUEST_MEANINGS, RequestList, StageRequest } from './requests.ts';
export { RowHistory, RowsAsOf, TracedChange, UndoPlan } from './rows.ts';
export { Erasure, HeldSubject, HoldList, Names, OpenedValue, Rotation } from './sealed.ts';
export { AuditedAct, SelfAudit } from './self-audit.ts';
export { StageStatus, Status } from './status.ts';
export { Summary } from './summary.ts';
export { Trace, TracedTransaction } from './trace.ts';
