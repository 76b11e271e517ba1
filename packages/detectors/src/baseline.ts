import { microsecondsOf, type Recall, type Timestamp } from '@overlay/model';
import type { Severity } from '@overlay/packs';

/** What the stage remembers of one series, under a key of its own. `at` is the event time up to which the weights have faded. */
export type Baseline = Moments | Tally | Period | Since;

/** Weighted moments of the logarithms of values. */
export interface Moments {
  readonly kind: 'moments';
  readonly at: Timestamp;
  readonly weight: number;
  readonly sum: number;
  readonly squares: number;
}

/** How often something was seen: fading, and in all. */
export interface Tally {
  readonly kind: 'tally';
  readonly at: Timestamp;
  readonly weight: number;
  readonly count: number;
}

/** The closed period of a place that is being counted, and what earlier ones taught. */
export interface Period {
  readonly kind: 'period';
  readonly at: Timestamp;
  /** Local date on which the period began. */
  readonly since: string;
  readonly count: number;
  readonly total: number;
  /** The severity that people have been told of, for this period. */
  readonly told: Severity | null;
  readonly eventIds: readonly string[];
  readonly sourceEventIds: readonly string[];
  /** Fading count of events in earlier periods. */
  readonly learned: number;
}

/** When this source's first business event happened: since then there was something to count. */
interface Since {
  readonly kind: 'since';
  readonly at: Timestamp;
}

/** A baseline of the kind that is expected under a key; anything else counts as nothing known. */
export function recallKind<Kind extends Baseline['kind']>(
  recall: Recall<Baseline>,
  key: string,
  kind: Kind,
): Extract<Baseline, { kind: Kind }> | undefined {
  const found = recall(key);
  return found !== undefined && isKind(found, kind) ? found : undefined;
}

const isKind = <Kind extends Baseline['kind']>(
  baseline: Baseline,
  kind: Kind,
): baseline is Extract<Baseline, { kind: Kind }> => baseline.kind === kind;

const DAY = 24 * 60 * 60 * 1_000_000;

/** Days from one instant to another; 0 when commit times run backwards. */
export const daysBetween = (from: Timestamp, to: Timestamp): number =>
  Math.max(0, microsecondsOf(to) - microsecondsOf(from)) / DAY;

/** What is left of a weight after some days. */
export const fading = (days: number, halfLifeDays: number): number => 2 ** (-days / halfLifeDays);

/** Days that count fully or in part: one per day, each fading with its age. */
export const fadedDays = (days: number, halfLifeDays: number): number =>
  ((1 - fading(days, halfLifeDays)) * halfLifeDays) / Math.LN2;

/** The later of two instants: what has faded does not come back when commit times run backwards. */
export const later = (a: Timestamp, b: Timestamp): Timestamp => (a > b ? a : b);
