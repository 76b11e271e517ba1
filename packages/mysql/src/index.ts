export { type BinlogFile, type BinlogGroup, BinlogPurged, readBinlogFiles, readGroups } from './binlog.ts';
export { isRefusal, type Page, Source, sourceConfig } from './connect.ts';
export { type ExecutedGtids, readExecuted } from './executed.ts';
export { type KeyColumn, quoteName, type RowReading, readRows } from './read-rows.ts';
export {
  CHECKS,
  type CheckFinding,
  judgeSource,
  type ReaderFacts,
  readSourceFacts,
  type SourceCheck,
} from './settings.ts';
export { type SourceSnapshot, takeSnapshot } from './snapshot.ts';
