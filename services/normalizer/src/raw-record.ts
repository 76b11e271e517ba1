import type { Image, RawDefinition } from '@overlay/canonical';
import type { Fault } from '@overlay/model';
import type { StatementContext } from './statement-context.ts';

/** Where in the binary log, and through what, a record came. */
export interface Origin {
  readonly connector: string;
  readonly version: string;
  readonly file: string;
  readonly position: number;
  readonly row: number;
  readonly thread: number | null;
  readonly gtid: string | null;
  /** What the application said of itself in its statement; left out where it said nothing. */
  readonly context?: StatementContext;
  /** Length of the statement's text, which rode on the row and is dropped; left out where none did. */
  readonly statementBytes?: number;
}

export interface RawRow {
  readonly kind: 'row';
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly transactionId: string;
  /** Place in the transaction, from 1. */
  readonly order: number;
  readonly database: string;
  readonly table: string;
  readonly before: Image | null;
  readonly after: Image | null;
  /** Columns that hold their default, where the wire format writes that for null too. */
  readonly atDefault?: readonly string[];
  /** Commit time at the source, in microseconds since the epoch. */
  readonly timestamp: number;
  readonly origin: Origin;
}

/**
 * A row of a snapshot; `isFirst` begins the snapshot, `isLast` closes the table, `isEnd` the snapshot. `isAsked`: of an incremental snapshot, which
 * people ask for while the log is read.
 */
export type RawSnapshotRow = Omit<RawRow, 'kind' | 'operation' | 'transactionId' | 'order' | 'before' | 'after'> & {
  readonly kind: 'snapshot_row';
  readonly after: Image;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isEnd: boolean;
  readonly isAsked: boolean;
};

export type RawTruncate = Pick<RawRow, 'database' | 'table' | 'timestamp' | 'origin'> & { readonly kind: 'truncate' };

/** A table as its newest DDL defines it; `null` columns when it was dropped. */
export interface RawTable {
  readonly database: string;
  readonly table: string;
  readonly definition: RawDefinition | null;
}

export interface RawSchemaChange {
  readonly kind: 'schema_change';
  readonly isSnapshot: boolean;
  /** The database of the tables, or the one that the session used. */
  readonly database: string;
  readonly statement: string;
  readonly tables: readonly RawTable[];
  readonly timestamp: number;
  readonly origin: Origin;
}

/** Where a record belongs, as far as one that cannot be read says so. */
export interface RawIdentity {
  /** The transaction whose row or marker it is, and the place in it. */
  readonly transactionId?: string;
  readonly order?: number;
  /** The GTID of a record outside any transaction, such as a DDL. */
  readonly gtid?: string;
  readonly timestamp?: number;
}

export type RawUnreadable = RawIdentity & { readonly kind: 'unreadable'; readonly fault: Fault };

/** What a source can say, whatever the connector's wire format. */
export type RawRecord =
  | { readonly kind: 'begin'; readonly transactionId: string; readonly timestamp: number }
  | { readonly kind: 'end'; readonly transactionId: string; readonly eventCount: number; readonly timestamp: number }
  | RawRow
  | RawSnapshotRow
  | RawTruncate
  | RawSchemaChange
  /** The connector's word on its own work, such as that a chunk of an incremental snapshot is done. */
  | { readonly kind: 'notice' }
  | RawUnreadable;
