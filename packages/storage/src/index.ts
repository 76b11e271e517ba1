export { openCases } from './cases.ts';
export {
  type CoverageCheck,
  type CoverageFinding,
  type LogPlace,
  readCoverageCheck,
  readCoverageFindings,
  readLogPlace,
  readPlaceOf,
  storeCoverage,
} from './coverage.ts';
export { type DataKeys, deadLetterConfig, keepDataKeys, makeDataKeys } from './data-keys.ts';
export { Database, storageConfig } from './database.ts';
export { openLetter } from './dead-letters.ts';
export type { CheckedRange } from './evidence/check-range.ts';
export { readCheckpoints, recheck, type StoredCheckpoint, storeCheckpoint } from './evidence/checkpoints.ts';
export { readDefinitions } from './evidence/definitions.ts';
export { type Finding, joinFindings } from './evidence/finding.ts';
export { makeLandingLogs } from './evidence/landing-log.ts';
export { type LogHead, readHeadless, readLogHeads } from './evidence/log-heads.ts';
export { evidenceConfig } from './evidence/nonce-config.ts';
export { type LoggedEvent, type LoggedSequence, readLogged } from './evidence/read-logged.ts';
export { makeReadRoots } from './evidence/read-tree.ts';
export { type KnownCheckpoint, type VerifiedLog, verifyLog } from './evidence/verify-log.ts';
export { type Hold, placeHold, readHolds, releaseHold } from './holds.ts';
export { type FoundKey, KeyStore, keyStoreConfig, keysConfig, SubjectHeld } from './key-store.ts';
export { type LedgerOf, makeLedger } from './ledger.ts';
export { type LogStretch, readCurrentEvents, readLoggedRecords, readSequencesBetween } from './logged.ts';
export { makePackViews, readNewestPacks, ViewTaken } from './make-pack-views.ts';
export { migrate, migrateKeys } from './migrate.ts';
export { type PackView, packViewsOf, type ViewColumn } from './pack-views.ts';
export {
  PackRewritten,
  readActivations,
  readNewestPack,
  readPacks,
  requestPack,
  type StoredActivation,
} from './packs.ts';
export {
  type AnomalyFilter,
  countAnomalies,
  readAnomalies,
  type StoredAnomaly,
} from './queries/anomalies.ts';
export { type CoverageInterval, countCoverage, readCoverageIntervals } from './queries/coverage.ts';
export { readStretchFacts, type StretchFacts } from './queries/day-facts.ts';
export {
  type DayRange,
  readDayBound,
  readDaysBetween,
} from './queries/days.ts';
export {
  type DeadLetterFilter,
  type DeadLetterUnit,
  findDeadLetters,
  readDeadLettersOf,
  readDeadLetterUnits,
  type StoredDeadLetter,
  sourcesWithDeadLetters,
} from './queries/dead-letters.ts';
export { type Found, findBusinessEvents, findByEntity, findByIds, findTransactions } from './queries/find.ts';
export { readSequenceOf, readStatesBetween } from './queries/fold-place.ts';
export { type FoldedRow, type FoldedTable, readFoldedRows, readTablesAt } from './queries/folded-rows.ts';
export { readFactsBound, readHeads, readSources, STAGES, type StageHead } from './queries/heads.ts';
export { readAuthors, readNarrative, storeNarrative } from './queries/narratives.ts';
export {
  countDeadLetters,
  countSequencesBetween,
  type DeadLetterCount,
  findGaps,
  readGaps,
  readSetAside,
  readWaiting,
  type SetAside,
  type StoredGap,
  type StoredWaiting,
  writeGapDecision,
} from './queries/open-matters.ts';
export {
  type Reconciled,
  readReconciliations,
  type StoredReconciliation,
  storeReconciliations,
} from './queries/reconciliations.ts';
export { readRequest, readRequests, type StoredRequest, writeRequest } from './queries/requests.ts';
export {
  type FoundPlace,
  readHoles,
  readKeyColumns,
  readPlace,
  readRowHistory,
  readRowsAsOf,
  readSequenceAt,
  type StoredHistoryEntry,
  type StoredHole,
  type StoredRow,
} from './queries/row-history.ts';
export type { NamedSection } from './queries/sections.ts';
export { readServerVersion } from './queries/server.ts';
export { countStretch, type StoredStretch } from './queries/stretch.ts';
export { readTransaction, type StoredTransaction, type TransactionFault } from './queries/transaction.ts';
export {
  type LaterChange,
  readChangesOf,
  readDefinitionsOf,
  readLaterChanges,
  type StoredDefinition,
} from './queries/undo.ts';
export { countUnexplained, readUnexplained } from './queries/unexplained.ts';
export { writeRebuild } from './rebuilds.ts';
export {
  anomalies,
  businessEvents,
  changeEvents,
  narratives,
  type RecordTable,
  type WrittenChange,
} from './record-tables.ts';
export { makeRecorder, type OwnAct, type RecordAct, recordStart } from './recorder.ts';
export { rollUp } from './rollups.ts';
export { countKeptRows, type KeepLimits, keepRowStates } from './row-states.ts';
export { findSealed, readPackNames, readSealedChange, type SealedAt, type SealedChange } from './sealed-change.ts';
export { readActs } from './self-audit.ts';
export { readSensitiveColumns } from './sensitive-columns.ts';
export { readSourceChecks, storeSourceChecks } from './source-checks.ts';
export { Unanswerable } from './unanswerable.ts';
