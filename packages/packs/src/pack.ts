import { Operation } from '@overlay/model';
import { z } from 'zod';

/**
 * The pack format: a domain as data. Structure only; what the parts say of each other is checked in `checks.ts`. Expressions are CEL
 * text; what they may name is written at each place. Unknown keys are mistakes, so that a typing error never passes in silence.
 */
const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key ${issue.keys.map((key) => `'${key}'`).join(', ')}: remove or rename it; known here are ${Object.keys(shape).join(', ')}`
        : undefined,
  });

const word = z.string().regex(/^[a-z][a-z0-9_.-]*$/, {
  error: 'must be a lower-case name: begin with a letter, then letters, digits, dot, dash or underscore',
});
/** A name that expressions use as a variable, and the source's names of tables and columns. */
const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'must be a plain name: letters, digits and underscores, not beginning with a digit',
});
const text = z.string().min(1, { error: 'must not be empty: write some text' });
const version = z.int().min(1, { error: 'must be 1 or more: write a whole number and raise it with every change' });
const positive = z.number().positive({ error: 'must be above 0: write a positive number' });
const weight = z.number().min(0, { error: 'must not be negative: write 0 or more' });
const fraction = z
  .number()
  .min(0, { error: 'must be from 0 to 1' })
  .max(1, { error: 'must be from 0 to 1: 1 stands for certain' });
const operations = z.array(Operation).min(1, { error: 'must name at least one operation, such as [INSERT]' });

/** CEL text. */
const Expression = z.string({ error: 'must be an expression in text: put it in quotes' }).min(1, {
  error: 'must not be empty: write a CEL expression',
});

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
 * A table that the pack speaks of. With `label`, its rows are cached references: `label('<table>', key)` gives that column. With `ignore`, its
 * rows need no explanation.
 */
export const Table = strict({
  key: z.array(identifier).min(1),
  label: identifier.optional(),
  ignore: z.boolean().default(false),
});
export type Table = z.infer<typeof Table>;

/** Columns that say who did it, first the ones to believe first. */
export const Actors = strict({
  /** The table whose labels name an actor. */
  labels: identifier,
  columns: z.array(strict({ table: identifier, column: identifier, operations })),
});
export type Actors = z.infer<typeof Actors>;

/**
 * Rows of another table that belong to the anchor. `on` says column of that table = column of the anchor, or `<join>.<column>` of a
 * join above. Expressions see a list of `{before, after, operation}`; `one` gives the first such row itself, `{}` when there is none.
 */
export const Join = strict({
  table: identifier,
  operations,
  on: z.record(
    identifier,
    z.string().regex(/^(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*$/, { error: 'must be a column, or <join>.<column>' }),
  ),
  cardinality: z.enum(['many', 'one']).default('many'),
  where: Expression.optional(),
});
export type Join = z.infer<typeof Join>;

/** How rows of one transaction become one business event for each anchor row. */
export const Rule = strict({
  id: word,
  version,
  event: word,
  /**
   * `where` sees `before`, `after`, `operation` and `time` (the commit time). A row that an event of a rule of `unlessClaimedBy` rests on
   * is passed over: those rules stand above, because rules apply in their order.
   */
  anchor: strict({
    table: identifier,
    operations,
    where: Expression.optional(),
    unlessClaimedBy: z.array(word).default([]),
  }),
  joins: z.record(identifier, Join).default({}),
  /** All must be true. From here on expressions also see the joins by their names. */
  when: z.array(Expression).default([]),
  entity: strict({ type: word, id: Expression }),
  /** When it happened by the business's own clock: `payload.occurred_at`. */
  occurredAt: Expression.optional(),
  confidence: fraction.default(1),
  /** What makes the event less sure: `when` true, or not computable, multiplies the confidence and states `note` in `payload.doubts`. */
  doubts: z.array(strict({ when: Expression, factor: fraction, note: text })).default([]),
  payload: z.record(identifier, Expression),
});
export type Rule = z.infer<typeof Rule>;

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

export const Detector = z.discriminatedUnion('method', [LargeValue, RareChange, ClosedHours]);
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
  top: z.int().min(1, { error: 'must be 1 or more' }).optional(),
});
export type Section = z.infer<typeof Section>;

export const Pack = strict({
  name: word,
  version,
  title: text,
  timeZone: zone,
  currency: z.string().regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code such as PEN' }),
  openingHours: OpeningHours,
  /** A transaction of more rows is one `bulk.change` and no other event. */
  ruleRowsMax: z.int().min(1, { error: 'must be 1 or more' }).default(10_000),
  tables: z.record(identifier, Table),
  actors: Actors,
  rules: z.array(Rule),
  detectors: z.array(Detector),
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
