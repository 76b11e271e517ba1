import type { Actor, BusinessEvent, ChangeEvent, Fault, Operation } from '@overlay/model';
import {
  type Condition,
  conditionOf,
  type Evaluate,
  failureOf,
  type Json,
  type Lookups,
  makeCompiler,
  ROW_VARIABLES,
  type Rule,
  ruleVariables,
} from '@overlay/packs';
import type { Claims } from './claims.ts';
import { claimedOf, type FindJoined, type Joined, makeJoins } from './joins.ts';
import type { Transaction, ViewOf } from './transaction.ts';

/** Gives an id that depends on its parts alone. */
export type Identify = (...parts: readonly string[]) => string;

/** What a rule may ask of the transaction it is applied to. */
export interface Surroundings {
  readonly transaction: Transaction;
  /** What rules before this one rest on; it adds its own. */
  readonly claims: Claims;
  readonly actorOf: (anchor: ChangeEvent) => Actor;
  /** Tables whose labels were asked for since the last call, and not known. */
  readonly takeUnknownLabels: () => readonly string[];
}

export interface Applied {
  readonly events: readonly BusinessEvent[];
  readonly fault: Fault | null;
}

/** How much less sure an event is for each table whose label is not known, and for each field of its payload that is not. */
const UNKNOWN_LABEL_FACTOR = 0.9;
const UNKNOWN_FIELD_FACTOR = 0.5;

interface Compiled {
  readonly rule: Rule;
  readonly joins: (transaction: Transaction) => FindJoined;
  readonly where: Condition | null;
  readonly when: readonly { readonly name: string; readonly holds: Condition }[];
  readonly entityId: Evaluate;
  readonly doubts: readonly (Rule['doubts'][number] & { readonly evaluate: Evaluate })[];
  readonly payload: readonly Part[];
  readonly single: ReadonlySet<string>;
}

interface Part {
  readonly name: string;
  readonly evaluate: Evaluate;
}

/** A part of a rule that could not be evaluated. The message holds no row values. */
class Unevaluable extends Error {
  override readonly name = 'Unevaluable';
}

/**
 * A rule as a function of a transaction: one event for each anchor row that matches, which claims its rows. A failing anchor costs its event, never the
 * others; rules that give way to this one still give way where it failed, so that nobody says of its rows that nothing explains them.
 */
export function makeRule(rule: Rule, lookups: Lookups, identify: Identify): (around: Surroundings) => Applied {
  const compiled = compileRule(rule, lookups);
  const operations = new Set<Operation>(rule.anchor.operations);
  return (around) => {
    const anchors = around.transaction.rowsOf(rule.anchor.table).filter(({ operation }) => operations.has(operation));
    if (anchors.length === 0) return NOTHING;
    const joinedOf = compiled.joins(around.transaction);
    const outcomes = anchors.map((anchor) => {
      const outcome = attempt(() => eventOf(compiled, anchor, joinedOf, around, identify));
      if (typeof outcome === 'string') reserveRows(rule, anchor, joinedOf, around.claims);
      return outcome;
    });
    const failures = outcomes.filter((outcome) => typeof outcome === 'string');
    return {
      events: outcomes.filter((outcome) => outcome !== null && typeof outcome === 'object'),
      fault: failures.length === 0 ? null : faultOf(rule, failures),
    };
  };
}

const NOTHING: Applied = { events: [], fault: null };

/** What is computed, or the name of what could not be evaluated. */
function attempt<Value>(compute: () => Value): Value | string {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Unevaluable) return error.message;
    throw error;
  }
}

/** Rows that the event which could not be made may have rested on, as far as they can be found. */
function reserveRows(rule: Rule, anchor: ChangeEvent, joinedOf: FindJoined, claims: Claims): void {
  claims.reserve(anchor, rule.id);
  const joined = attempt(() => guarded('joins', () => joinedOf(anchor)));
  if (typeof joined === 'object') for (const row of claimedOf(joined, rule.joins)) claims.reserve(row, rule.id);
}

function compileRule(rule: Rule, lookups: Lookups): Compiled {
  const row = makeCompiler(ROW_VARIABLES, lookups);
  const whole = makeCompiler(ruleVariables(rule.joins), lookups);
  const payload = Object.entries(rule.payload).map(([name, { value }]) => ({ name, evaluate: whole(value) }));
  if (rule.occurredAt !== undefined) payload.push({ name: 'occurred_at', evaluate: whole(rule.occurredAt) });
  return {
    rule,
    joins: makeJoins(rule.joins, lookups),
    where: rule.anchor.where === undefined ? null : conditionOf(row(rule.anchor.where)),
    when: rule.when.map((text, index) => ({ name: `when[${index}]`, holds: conditionOf(whole(text)) })),
    entityId: whole(rule.entity.id),
    doubts: rule.doubts.map((doubt) => ({ ...doubt, evaluate: whole(doubt.when) })),
    payload,
    single: new Set(Object.entries(rule.joins).flatMap(([name, join]) => (join.cardinality === 'one' ? [name] : []))),
  };
}

function eventOf(
  compiled: Compiled,
  anchor: ChangeEvent,
  joinedOf: FindJoined,
  around: Surroundings,
  identify: Identify,
): BusinessEvent | null {
  const { rule, where } = compiled;
  if (around.claims.isTakenBy(anchor, rule.anchor.unlessClaimedBy)) return null;
  const { record } = around.transaction;
  const { viewOf } = around.transaction;
  const context: Record<string, unknown> = { ...viewOf(anchor), time: record.timestamp };
  if (where && !guarded('anchor.where', () => where(context))) return null;
  const joined = guarded('joins', () => joinedOf(anchor));
  addJoined(context, compiled, joined, viewOf);
  for (const { name, holds } of compiled.when) if (!guarded(name, () => holds(context))) return null;

  const entityId = guarded('entity.id', () => compiled.entityId(context));
  if (entityId === null || typeof entityId === 'object') throw new Unevaluable('entity.id: not_a_key');
  around.takeUnknownLabels();
  const { payload, missing } = payloadOf(compiled.payload, context);
  const doubts = [...doubtsOf(compiled, context), ...missing, ...around.takeUnknownLabels().map(unknownLabel)];
  const claimed = claimedOf(joined, rule.joins);
  around.claims.claim(anchor, rule.id);
  for (const row of claimed) around.claims.claim(row, rule.id);
  if (doubts.length > 0) payload.doubts = doubts.map(({ note }) => note);
  return {
    eventId: identify(record.source, record.transactionId, rule.id, anchor.eventId),
    type: rule.event,
    entityType: rule.entity.type,
    entityId: String(entityId),
    timestamp: record.timestamp,
    actor: around.actorOf(anchor),
    payload,
    confidence: confidenceOf(rule.confidence, doubts),
    sourceEventIds: sourceIds(anchor, claimed),
    rule: rule.id,
    ruleVersion: rule.version,
  };
}

/** Adds the joins to what expressions see of the anchor. */
function addJoined(context: Record<string, unknown>, { single }: Compiled, joined: Joined, viewOf: ViewOf): void {
  for (const [name, rows] of joined) {
    const [first] = rows;
    if (single.has(name)) context[name] = first ? viewOf(first) : {};
    else context[name] = rows.map(viewOf);
  }
}

interface Doubt {
  readonly factor: number;
  readonly note: string;
}

/** To four places. */
function confidenceOf(unclouded: number, doubts: readonly Doubt[]): number {
  if (doubts.length === 0) return unclouded;
  return Number(doubts.reduce((confidence, { factor }) => confidence * factor, unclouded).toFixed(4));
}

const unknownLabel = (table: string): Doubt => ({
  factor: UNKNOWN_LABEL_FACTOR,
  note: `a name of ${table} is not known: its row did not come yet, or is gone`,
});

/** Why a field is not known, by the code of what failed: no row is to cost its event because one of its values is null. */
const WHY_UNKNOWN: Readonly<Record<string, string>> = {
  no_such_key: 'a column is missing',
  not_a_decimal: 'a value is no number',
  not_a_time: 'a value is no time',
};

/** Fields of the payload; one that cannot be evaluated is null, and a doubt. */
function payloadOf(parts: readonly Part[], context: Readonly<Record<string, unknown>>) {
  const payload: Record<string, Json> = {};
  const missing: Doubt[] = [];
  for (const part of parts) {
    try {
      payload[part.name] = part.evaluate(context);
    } catch (error) {
      const code = failureOf(error);
      if (code === null) throw error;
      payload[part.name] = null;
      const why = WHY_UNKNOWN[code] ?? 'a value is null or of another kind';
      missing.push({ factor: UNKNOWN_FIELD_FACTOR, note: `${part.name} is not known: ${why}` });
    }
  }
  return { payload, missing };
}

/** The doubts that apply. One that cannot be evaluated applies, and says so: what cannot be checked is not sure, and no accusation. */
function doubtsOf(compiled: Compiled, context: Readonly<Record<string, unknown>>): Doubt[] {
  return compiled.doubts.flatMap(({ evaluate, factor, note }) => {
    const outcome = attempt(() => guarded('doubt', () => evaluate(context)));
    if (outcome === false) return [];
    return [{ factor, note: outcome === true ? note : `cannot be checked: ${note}` }];
  });
}

function guarded<Value>(name: string, compute: () => Value): Value {
  try {
    return compute();
  } catch (error) {
    const code = failureOf(error);
    throw code === null ? error : new Unevaluable(`${name}: ${code}`);
  }
}

function sourceIds(anchor: ChangeEvent, claimed: readonly ChangeEvent[]): string[] {
  const ids = new Set([anchor.eventId]);
  for (const row of claimed) ids.add(row.eventId);
  return [...ids];
}

function faultOf(rule: Rule, failures: readonly string[]): Fault {
  const places = [...new Set(failures)].slice(0, 3).join(', ');
  return {
    code: 'rule.failed',
    detail: `rule ${rule.id} version ${rule.version} could not be evaluated on ${failures.length} of its rows (${places})`,
  };
}
