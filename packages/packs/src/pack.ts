import { z } from 'zod';
import { Rule } from './rule.ts';
import { Expression, identifier, operations, positive, strict, text, version, weight, word } from './words.ts';

const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, {
  error: 'must be a time of day in quotes, from "00:00" to "24:00"',
});
const zone = z.string().refine(isTimeZone, {
  error: 'is no time zone known here: write an IANA name such as America/Lima',
});

/** Opening hours of every day. `close` before `open` runs past midnight; "00:00" to "24:00" never closes. */
export const Hours = strict({ open: clock, close: clock });
export type Hours = z.infer<typeof Hours>;

export const OpeningHours = strict({
  default: Hours,
  /** By the place's id, as text. */
  places: z.record(z.string(), strict({ open: clock, close: clock, timeZone: zone.optional() })).default({}),
});
export type OpeningHours = z.infer<typeof OpeningHours>;

/**
 * What is to become of a sensitive column's values before anything else sees them. `drop`: they are gone. `token`: a token that is the same for equal
 * values, so that joins and comparisons work. `seal`: a token of the subject's, and beside it the value, to be opened with a reason, until the subject
 * is erased. `clear`: somebody has looked, and it may stay as it is. The subject is a row: of this table by key columns, or of the table `of` by the columns that refer to it.
 */
export const ColumnPolicy = z.discriminatedUnion(
  'policy',
  [
    strict({ policy: z.literal('drop') }),
    strict({ policy: z.literal('token') }),
    strict({ policy: z.literal('clear') }),
    strict({ policy: z.literal('seal'), subject: z.array(identifier).min(1), of: identifier.optional() }),
  ],
  { error: 'must be drop, token, seal or clear: use one of these' },
);

export type ColumnPolicy = z.infer<typeof ColumnPolicy>;

/**
 * A table that the pack speaks of. With `label`, its rows are cached references: `label('<table>', key)` gives that column. `remember` keeps
 * the newest value of a column by other columns, also after the row is gone: `remembered('<table>', '<name>', key)`. With `ignore`, its rows
 * need no explanation. `columns` names the sensitive ones: capitals do not matter, and helper tables of a change online follow their table.
 */
export const Table = strict({
  key: z.array(identifier).min(1),
  label: identifier.optional(),
  remember: z.record(identifier, strict({ column: identifier, by: z.array(identifier).min(1) })).default({}),
  ignore: z.boolean().default(false),
  columns: z.record(identifier, ColumnPolicy).default({}),
});
export type Table = z.infer<typeof Table>;

/** What says who did it. */
export const Actors = strict({
  /** The table whose labels name an actor. */
  labels: identifier,
  /** The name under which applications say in their statements who they act for: that is exact, whatever columns say. */
  context: z
    .string()
    .regex(/^[A-Za-z_][\w.-]{0,63}$/, { error: 'must be a name such as actor' })
    .default('actor'),
  /** Columns, first the ones to believe first. */
  columns: z.array(strict({ table: identifier, column: identifier, operations })),
});
export type Actors = z.infer<typeof Actors>;

export const Severity = z.enum(['low', 'medium', 'high', 'critical']);
export type Severity = z.infer<typeof Severity>;

/** A judgement that needs no statistics: `weight` in nats is added to the surprise, `severity` is the least that follows. */
export const Policy = strict({
  id: word,
  when: Expression,
  weight,
  severity: Severity.optional(),
  reason: text.optional(),
});
export type Policy = z.infer<typeof Policy>;

/** Expressions of detectors see `payload`, `actor` {id, label, grade} and `time` of one business event. */
const watching = {
  id: word,
  version,
  family: word,
  event: word,
  /** Which events count. */
  where: Expression.optional(),
  /** Events of this type in the same transaction explain it, so that it is not looked at. */
  unless: word.optional(),
  entity: strict({ type: word, id: Expression, label: Expression }),
  halfLifeDays: positive,
  /** The score from which it is an anomaly (`low`), and from which more. */
  severity: strict({ low: positive, medium: positive, high: positive, critical: positive }),
  policies: z.array(Policy).default([]),
  /** Sentences with `{slots}`: fields of the payload and what the method computes; `{a|b}` takes the first that is known. */
  reasons: z.array(text).min(1, { error: 'must hold at least one sentence' }),
};

/** A value in the upper tail of a log-normal baseline per series, shrunk to the baseline of all. */
export const LargeValue = strict({
  ...watching,
  method: z.literal('large_value'),
  /** A number above 0 (others are passed over). Policies and `material` see it as `value`. */
  value: Expression,
  /** Only such values can be anomalies; all are learned from. */
  material: Expression.optional(),
  /** What a value is compared within, by name. */
  series: z.record(identifier, Expression),
  /** What is believed before any data: the median, the standard deviation of its logarithm, and how many values that is worth. */
  prior: strict({ typical: positive, spread: positive, strength: positive }),
});
export type LargeValue = z.infer<typeof LargeValue>;

/** A change from one state to another: how rarely it is seen, and what it gives. */
export const RareChange = strict({
  ...watching,
  method: z.literal('rare_change'),
  from: Expression,
  to: Expression,
  /** How many kinds of change there may be, and how much each is believed in before any data. */
  prior: strict({ kinds: positive, strength: positive }),
  /** Rank of a state; a rise adds `weightPerRank` nats a step. */
  ranks: z.record(z.string(), z.number()).default({}),
  weightPerRank: weight.default(0),
});
export type RareChange = z.infer<typeof RareChange>;

/** How many events fall into one closed period of a place; told once from `countMin` on, and again only when the severity rises. */
export const ClosedHours = strict({
  ...watching,
  method: z.literal('closed_hours'),
  place: Expression,
  /** When it happened, instants or wall clock times of the place: the first one in closed hours counts. The commit time is `time`. */
  times: z.array(Expression).min(1, { error: 'must name at least one time, such as [time]' }).default(['time']),
  /** Summed over the period for the slot `{total}`. */
  value: Expression.optional(),
  countMin: z.int().min(1, { error: 'must be 1 or more' }),
  /** What is believed before any data: events per closed period, and how many periods that is worth. */
  prior: strict({ rate: positive, strength: positive }),
});
export type ClosedHours = z.infer<typeof ClosedHours>;

export const Detector = z.discriminatedUnion('method', [LargeValue, RareChange, ClosedHours], {
  error: 'must be large_value, rare_change or closed_hours: use one of these',
});
export type Detector = z.infer<typeof Detector>;

const path = z.string().regex(/^[A-Za-z_]\w*$/, { error: "must name a field of the event's payload" });

/** `count`, or `sum(<payload field>)`. */
export type Measure = { readonly kind: 'count' } | { readonly kind: 'sum'; readonly path: string };
const Measure = z
  .string()
  .regex(/^(?:count|sum\([A-Za-z_]\w*\))$/, { error: 'must be count or sum(<payload field>)' })
  .transform((value): Measure => (value === 'count' ? { kind: 'count' } : { kind: 'sum', path: value.slice(4, -1) }));

/** A number, or a ranking, of the daily report. */
export const Section = strict({
  id: word,
  title: text,
  eventType: word,
  measure: Measure,
  /** `currency` stands for the pack's. */
  unit: text.optional(),
  groupBy: path.optional(),
  /** The payload field that names a group for people. */
  labelBy: path.optional(),
  /** Events whose field has one of these values do not count. */
  except: strict({ field: path, values: z.array(text).min(1) }).optional(),
  top: z.int().min(1, { error: 'must be 1 or more' }).optional(),
});
export type Section = z.infer<typeof Section>;

/**
 * Events of a type counted, and payload fields summed, by local day of the commit; with `by`, for each value of that field, which `label` names for
 * people. Kept up with every landing, so choose a `by` of few values.
 */
export const Rollup = strict({
  event: word,
  by: path.optional(),
  label: path.optional(),
  /** What the sum is called → the field that is summed. */
  measures: z.record(identifier, path).default({}),
});
export type Rollup = z.infer<typeof Rollup>;

/**
 * The pack format: a domain as data. Structure only; what the parts say of each other is checked in `checks.ts`. Expressions are CEL
 * text; what they may name is written at each place.
 */
export const Pack = strict({
  name: word,
  version,
  title: text,
  timeZone: zone,
  currency: z.string().regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code such as PEN' }),
  openingHours: OpeningHours,
  /** Files beside this one that hold more rules and detectors: they follow those of this file, in this order. */
  include: z.array(text).default([]),
  /** A transaction of more rows is one `bulk.change` and no other event. */
  ruleRowsMax: z.int().min(1, { error: 'must be 1 or more' }).default(10_000),
  /**
   * The databases of a source that this pack speaks of. Rows of others are neither matched nor learned, and count as unexplained. Left out: every
   * database that the source's connector captures, which is one; name them where it captures more.
   */
  databases: z
    .array(text)
    .min(1, { error: 'must name at least one database, or be left out for every one' })
    .optional(),
  tables: z.record(identifier, Table),
  actors: Actors,
  rules: z.array(Rule),
  detectors: z.array(Detector),
  rollups: z.array(Rollup).default([]),
  report: strict({ sections: z.array(Section) }),
});
export type Pack = z.infer<typeof Pack>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
