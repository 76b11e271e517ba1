import type { Row } from '@overlay/model';

/** A value on both sides, as the log writes values; tokens in the place of what is sensitive. Left out where there is none. */
export interface DifferentColumn {
  readonly column: string;
  readonly log?: string | boolean | null;
  readonly source?: string | boolean | null;
}

/** A row that is not the same in the log and at the source. */
export interface Difference {
  readonly kind: 'missing_in_log' | 'missing_at_source' | 'differs';
  /** Empty for a row of a table without a primary key. */
  readonly primaryKey: Row;
  /** Those that differ; of a row that is missing all of them. */
  readonly columns: readonly DifferentColumn[];
  /** The newest change behind the row in the log; null where there is none. */
  readonly sequence: number | null;
  readonly eventId: string | null;
  /** What is known to be missing or unreadable in the log and may be why. */
  readonly perhaps: string | null;
}

/** What of a table was not compared. */
export interface NotCompared {
  readonly column: string;
  readonly why: string;
  /** In how many rows; null: in all of them. */
  readonly rows: number | null;
}

/** `not_compared`: nothing is said of it. `differs`: also when a column is at one side only. */
type Verdict = 'equal' | 'differs' | 'not_compared';

export interface TableResult {
  readonly database: string;
  readonly table: string;
  readonly verdict: Verdict;
  /** Why the table could not be compared, or differs as a whole. */
  readonly why: string | null;
  readonly sourceRows: number;
  readonly logRows: number;
  /** How many rows differ; more than are listed, perhaps. */
  readonly differences: number;
  /** False: the table differs in more rows than were looked at. */
  readonly isCounted: boolean;
  readonly listed: readonly Difference[];
  readonly notCompared: readonly NotCompared[];
}

export interface Reconciliation {
  readonly source: string;
  /** The server that was asked. */
  readonly serverUuid: string;
  /** What it had executed, and the last sequence of the log that belongs to it. */
  readonly gtids: string;
  readonly sequence: number;
  /** Why the source was not held still for a moment; null: it was, for `locked_ms`. */
  readonly unlocked: string | null;
  readonly locked_ms: number;
  readonly seconds: number;
  readonly tables: readonly TableResult[];
  /** What of the log up to there nobody can know, a sentence each. */
  readonly holes: readonly string[];
}
