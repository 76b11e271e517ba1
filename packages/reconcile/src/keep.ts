import { type Database, storeReconciliations } from '@overlay/storage';
import type { Reconciliation, TableResult } from './result.ts';

/** Differences that are kept of a table, without values. */
const KEPT_MAX = 20;

/** Puts what was found of each table in the place of what was found last. */
export const keep = (database: Database, { source, sequence, tables }: Reconciliation): Promise<void> =>
  storeReconciliations(
    database,
    tables.map((table) => ({ source, sequence, ...table, report: reportOf(table) })),
  );

const reportOf = ({ why, isCounted, listed, notCompared }: TableResult) => ({
  why,
  isCounted,
  notCompared,
  listed: listed.slice(0, KEPT_MAX).map(({ columns, ...difference }) => ({
    ...difference,
    columns: columns.map(({ column }) => column),
  })),
});
