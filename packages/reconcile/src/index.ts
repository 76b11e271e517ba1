export type { Progress } from './compare-table.ts';
export { reconcileConfig } from './config.ts';
export { keepReconciliation } from './keep.ts';
export { type ReconcileAsk, reconcile } from './reconcile.ts';
export type { Difference, NotCompared, Reconciliation, TableResult } from './result.ts';
