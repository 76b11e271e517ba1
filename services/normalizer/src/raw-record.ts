import type { Fault } from '@overlay/model';

/** A row image as the connector wrote it: JSON values, whole numbers of 16 digits or more as their text. */
export type RawImage = Readonly<Record<string, unknown>>;

/** Where in the binary log, and through what, a record came. */
export interface Origin {
  readonly connector: string;
  readonly version: string;
  readonly file: string;
  readonly position: number;
  readonly row: number;
  readonly thread: number | null;
  readonly gtid: string | null;
}

export interface RawRow {
  readonly kind: 'row';
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly transactionId: string;
  /** Place in the transaction, from 1. */
  readonly order: number;
  readonly database: string;
  readonly table: string;
  readonly before: RawImage | null;
  readonly after: RawImage | null;
  /** Commit time at the source, in microseconds since the epoch. */
  readonly timestamp: number;
  readonly origin: Origin;
}

/** A row of a snapshot; `isFirst` begins the snapshot, `isLast` closes the table. */
export type RawSnapshotRow = Omit<RawRow, 'kind' | 'operation' | 'transactionId' | 'order' | 'before' | 'after'> & {
  readonly kind: 'snapshot_row';
  readonly after: RawImage;
  readonly isFirst: boolean;
  readonly isLast: boolean;
};

export type RawTruncate = Pick<RawRow, 'database' | 'table' | 'timestamp' | 'origin'> & { readonly kind: 'truncate' };

/** A table as its newest DDL defines it; `null` columns when it was dropped. */
export interface RawTable {
  readonly database: string;
  readonly table: string;
  readonly definition: { readonly columns: readonly RawColumn[]; readonly key: readonly string[] } | null;
}

export interface RawColumn {
  readonly name: string;
  /** MySQL's type name in capitals, `BIGINT UNSIGNED`. */
  readonly type: string;
  /** Length, precision, or digits of a second, as the type has it. */
  readonly length: number | null;
  readonly scale: number | null;
}

export interface RawSchemaChange {
  readonly kind: 'schema_change';
  readonly isSnapshot: boolean;
  readonly tables: readonly RawTable[];
  readonly timestamp: number;
  readonly origin: Origin;
}

/** What a source can say, whatever the connector's wire format. */
export type RawRecord =
  | { readonly kind: 'begin'; readonly transactionId: string }
  | { readonly kind: 'end'; readonly transactionId: string; readonly eventCount: number; readonly timestamp: number }
  | RawRow
  | RawSnapshotRow
  | RawTruncate
  | RawSchemaChange
  | { readonly kind: 'unreadable'; readonly fault: Fault };
