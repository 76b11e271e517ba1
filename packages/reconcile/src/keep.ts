import { type Database, storeReconciliations } from '@overlay/storage';
import type { Reconciliation, TableResult } from './result.ts';

const LISTED_MAX = 20;

/** Keeps what a comparison said of each table, in the place of what the last one said. */
export const keepReconciliation = (database: Database, { source, sequence, tables }: Reconciliation): Promise<void> =>
  storeReconciliations(
    database,
    tables.map((table) => ({ source, sequence, ...table, report: reportOf(table) })),
  );

/** What is kept of a table's result: no values. */
const reportOf = ({ why, isCounted, listed, notCompared }: TableResult) => ({
  why,
  isCounted,
  notCompared,
  listed: listed.slice(0, LISTED_MAX).map(({ columns, ...difference }) => ({
    ...difference,
    columns: columns.map(({ column }) => column),
  })),
});
