import type { Operation } from './change-event.ts';
import type { Timestamp } from './time.ts';

/** Rows of one table, changed in one way by one transaction, that no business event rests on. */
export interface UnexplainedChange {
  readonly source: string;
  readonly sequence: number;
  /** Commit time of the transaction. */
  readonly timestamp: Timestamp;
  readonly database: string;
  readonly table: string;
  readonly operation: Operation;
  readonly rows: number;
  /** The change event of the first of them, by the order in the transaction. */
  readonly firstEventId: string;
}
