export { type BinlogFile, type BinlogGroup, readBinlogFiles, readGroups } from './binlog.ts';
export { isRefusal, Source, sourceConfig } from './connect.ts';
export { type ExecutedGtids, readExecuted } from './executed.ts';
export {
  CHECKS,
  type CheckFinding,
  judgeSource,
  type ReaderFacts,
  readSourceFacts,
  type SourceCheck,
} from './settings.ts';
