import type { Anomaly, TransactionGrade } from '@overlay/model';

/** What a day held, counted in the database up to a stated sequence: all that a daily summary may say. */
export interface DayFacts {
  readonly source: string;
  /** `YYYY-MM-DD` in `timeZone`. */
  readonly day: string;
  readonly timeZone: string;
  /** Name of the business, for people. */
  readonly title: string;
  readonly coverage: Coverage;
  readonly sections: readonly SectionFacts[];
  readonly anomalies: DayAnomalies;
}

/** How much of the source's history the facts rest on. */
export interface Coverage {
  /** Lowest and highest sequence of the day; null for a day without records. */
  readonly first: number | null;
  readonly last: number | null;
  readonly transactions: number;
  readonly changeEvents: number;
  readonly businessEvents: number;
  /** Transactions and repairs, by the grade of their actor. */
  readonly actors: Readonly<Record<TransactionGrade, number>>;
  /** Row changes that rules were asked about: those of transactions and their repairs. */
  readonly judgedChanges: number;
  /** Of them, those that no business event rests on. */
  readonly unexplainedChanges: number;
  readonly setAside: number;
  /** Sequences between `first` and `last` that the log does not have. */
  readonly missing: number;
  /** Gaps on record between them that nothing filled. */
  readonly gaps: number;
}

/** One section of the pack's report. Values are exact decimal text. */
export interface SectionFacts {
  readonly id: string;
  readonly title: string;
  readonly unit: string | null;
  readonly total: Measured;
  /** The largest groups first; empty for a section that is one number. */
  readonly groups: readonly (Measured & { readonly name: string | null })[];
  /** Number of all groups; 0 for a section that is one number. */
  readonly groupCount: number;
}

export interface Measured {
  readonly value: string;
  /** Business events behind the value: how many, and the weightiest of them. */
  readonly events: number;
  readonly eventIds: readonly string[];
  /** Events whose field is no number, so that the value does not hold them. */
  readonly unreadable: number;
}

export interface DayAnomalies {
  readonly bySeverity: Readonly<
    Record<Anomaly['severity'], { readonly count: number; readonly ids: readonly string[] }>
  >;
  /** The most severe ones. */
  readonly top: readonly Anomaly[];
}

/** Severities, the worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
