import type { Timestamp } from './time.ts';

/** What made a version of a table: its first appearance, a DDL by what it did to the table, or a snapshot that found it changed. */
export type SchemaChangeKind = 'snapshot' | 'create' | 'alter' | 'rename' | 'drop';

export interface ColumnDefinition {
  readonly name: string;
  /** MySQL's type name in capitals. */
  readonly type: string;
  readonly length: number | null;
  readonly scale: number | null;
  /** The words of an ENUM or SET. */
  readonly labels: readonly string[] | null;
  readonly charset: string | null;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
  /** The source fills it in: generated, or counted up. */
  readonly isFilledIn: boolean;
}

/** A table's definition from a sequence on. Its changes of one sequence have an order, from 1. */
export interface SchemaVersion {
  readonly source: string;
  readonly sequence: number;
  readonly ordinal: number;
  readonly kind: SchemaChangeKind;
  /** The same for a table through all of its names, another one for each table that ever had one name. */
  readonly tableId: string;
  readonly database: string;
  readonly table: string;
  /** Counts on for a name through all tables that had it, so `database.table:version` is one definition. */
  readonly version: number;
  /** The name before a rename, as `database` and `table`. */
  readonly previousDatabase: string | null;
  readonly previousTable: string | null;
  readonly columns: readonly ColumnDefinition[];
  readonly key: readonly string[];
  /** Defaults that are plain values, by column: what rows that were there got when the column was added. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Columns that got another name, old → new; their rows were not told of again. */
  readonly renamedColumns: Readonly<Record<string, string>>;
  /** The statement took rows away, or brought some, that no change event tells of. */
  readonly losesRows: boolean;
  readonly gtid: string | null;
  readonly file: string;
  readonly position: number;
  readonly timestamp: Timestamp;
  /** The DDL without literals. */
  readonly statement: string;
}
