import type { Anomaly, BusinessEvent, Recall } from '@overlay/model';
import {
  type Calendar,
  type Detector,
  EVENT_VARIABLES,
  type Evaluate,
  fillSlots,
  type Json,
  type LocalTime,
  makeCompiler,
  type Policy,
  Severity,
  slotsOf,
  type Variables,
} from '@overlay/packs';
import type { Baseline } from './baseline.ts';
import { zOfSurprise } from './tails.ts';

/** Gives an id that depends on its parts alone. */
export type Identify = (...parts: readonly string[]) => string;

/** One business event before a detector. */
export interface Scene {
  readonly source: string;
  readonly event: BusinessEvent;
  readonly recall: Recall<Baseline>;
  /** What expressions see. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** What a detector makes of an event: perhaps an anomaly, and what it remembers from here on. */
interface Judgement {
  readonly anomaly: Anomaly | null;
  readonly remember: readonly (readonly [key: string, baseline: Baseline])[];
}

/** A detector's method with its configuration. Throws when one of its expressions cannot be evaluated. */
export type Judge = (scene: Scene) => Judgement;

/** What a method is built from. */
export interface Tools {
  readonly calendar: Calendar;
  readonly identify: Identify;
}

/** A measurement that cannot be used: the event lacks what the detector needs. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** Compiles a detector's expressions. */
export const makeEventCompiler = (calendar: Calendar, variables: Variables = EVENT_VARIABLES) =>
  makeCompiler(variables, { label: () => null, remembered: () => null, isOpen: calendar.isOpen });

/** The number that an expression gives; integers come as text. */
export function numberOf(value: Json, what: string): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Unusable(`${what}: not_a_number`);
  return number;
}

export const textOf = (value: Json): string | null =>
  value === null || typeof value === 'object' ? null : String(value);

/** How strange, by numbers and policies together. `severity` is null below the detector's lowest score. */
interface Grade {
  readonly score: number;
  readonly severity: Severity | null;
  /** Nats by policy. */
  readonly weights: Readonly<Record<string, number>>;
  readonly reasons: readonly string[];
}

interface CompiledPolicy extends Policy {
  readonly evaluate: Evaluate;
}

export type GradeOf = (
  surprise: number,
  context: Readonly<Record<string, unknown>>,
  more?: Readonly<Record<string, number>>,
) => Grade;

/** Adds the policies that hold to a surprise in nats, and reads score and severity from the sum. */
export function makeGrade(detector: Detector, compile: (expression: string) => Evaluate): GradeOf {
  const policies: CompiledPolicy[] = detector.policies.map((policy) => ({ ...policy, evaluate: compile(policy.when) }));
  return (surprise, context, more = {}) => {
    const holding = policies.filter((policy) => policy.evaluate(context) === true).sort((a, b) => b.weight - a.weight);
    const weights = { ...more, ...Object.fromEntries(holding.map(({ id, weight }) => [id, weight])) };
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, surprise);
    const score = rounded(zOfSurprise(Math.max(total, Number.MIN_VALUE)));
    return {
      score,
      severity: severityOf(detector.severity, score, holding),
      weights,
      reasons: holding.flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
    };
  };
}

const RISING = Severity.options;
export const isAbove = (a: Severity, b: Severity | null): boolean =>
  b === null || RISING.indexOf(a) > RISING.indexOf(b);

function severityOf(bounds: Detector['severity'], score: number, holding: readonly Policy[]): Severity | null {
  const reached = RISING.findLast((severity) => score >= bounds[severity]);
  if (reached === undefined) return null;
  return holding.reduce<Severity>(
    (most, { severity }) => (severity !== undefined && isAbove(severity, most) ? severity : most),
    reached,
  );
}

/** What a method found, for {@link makeReport} to put into an anomaly. */
export interface Finding {
  readonly grade: Grade;
  readonly severity: Severity;
  readonly pValue: number | null;
  readonly observed: number;
  readonly expected: number | null;
  /** The baseline's parameters. */
  readonly features: Readonly<Record<string, number>>;
  /** What the method fills its sentences with. */
  readonly slots: Readonly<Record<string, string>>;
  readonly businessEventIds: readonly string[];
  readonly sourceEventIds: readonly string[];
}

/** What happened, why policies mind it, what the numbers say: in this order, this many at most. */
const REASONS_MAX = 3;

/** Puts a finding into the form that everyone reads: ids, labels, sentences, and every number that went into it. */
export function makeReport(
  detector: Detector,
  compile: (expression: string) => Evaluate,
  { calendar, identify }: Tools,
) {
  const [idOf, labelOf] = [compile(detector.entity.id), compile(detector.entity.label)];
  return ({ source, event, context }: Scene, finding: Finding): Anomaly => {
    const { grade } = finding;
    const entityId = textOf(idOf(context));
    if (entityId === null) throw new Unusable('entity.id: not_a_key');
    const slots: Record<string, string | null> = {
      ...commonSlots(event, calendar),
      score: printed(grade.score),
      ...finding.slots,
    };
    const [what, ...more] = detector.reasons;
    const sentences = [what ?? '', ...grade.reasons, ...more].slice(0, REASONS_MAX);
    const known = (name: string) => textOf(slots[name] ?? event.payload[name] ?? null);
    const used = sentences.flatMap(slotsOf).flat();
    return {
      anomalyId: identify(source, detector.id, event.eventId),
      detector: detector.id,
      detectorVersion: detector.version,
      family: detector.family,
      entityType: detector.entity.type,
      entityId,
      entityLabel: textOf(labelOf(context)),
      timestamp: event.timestamp,
      score: grade.score,
      severity: finding.severity,
      pValue: finding.pValue === null ? null : rounded(finding.pValue),
      observed: rounded(finding.observed),
      expected: finding.expected === null ? null : rounded(finding.expected),
      features: {
        ...Object.fromEntries(Object.entries(finding.features).map(([name, value]) => [name, rounded(value)])),
        policies: { ...grade.weights },
        said: Object.fromEntries(used.map((name) => [name, known(name)])),
      },
      reasons: sentences.map((sentence) => fillSlots(sentence, known)),
      businessEventIds: [...finding.businessEventIds],
      sourceEventIds: [...finding.sourceEventIds],
    };
  };
}

function commonSlots({ actor, timestamp }: BusinessEvent, calendar: Calendar): Record<string, string | null> {
  return {
    actor: actor.label ?? (actor.id === null ? 'an unknown actor' : `actor ${actor.id}`),
    ...timeSlots(calendar.local(timestamp)),
  };
}

/** A local time for people. */
export const timeSlots = ({ date, clock }: LocalTime) => ({
  local_time: `${date} ${clock}`,
  local_date: date,
  local_clock: clock,
});

/** Six significant digits: more is noise, and the last bits of logarithms differ between machines. */
const rounded = (value: number): number => Number(value.toPrecision(6));

/** A number for people: whole from 10 on, one decimal below. */
export const printed = (value: number): string =>
  Math.abs(value) >= 10 ? grouped.format(Math.round(value)) : String(Number(value.toFixed(1)));

const grouped = new Intl.NumberFormat('en-US');

/** One in how many, to two digits. */
export function oddsOf(probability: number): string {
  const odds = 1 / probability;
  return odds > 1e9 ? 'over a billion' : grouped.format(Number(odds.toPrecision(2)));
}

/** A surprise of a probability that is never quite zero. */
export const PROBABILITY_MIN = 1e-300;
