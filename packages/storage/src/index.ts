export { Database, storageConfig } from './database.ts';
export { type LedgerOf, makeLedger } from './ledger.ts';
export { migrate } from './migrate.ts';
export {
  anomalies,
  businessEvents,
  type CaseAnomaly,
  changeEvents,
  narratives,
  type RecordTable,
  type WrittenChange,
} from './record-tables.ts';
