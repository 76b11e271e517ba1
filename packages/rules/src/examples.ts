import {
  type BusinessEvent,
  type ChangeEvent,
  type DenseRecord,
  decideAtOnce,
  timestampOf,
  type UnexplainedChange,
} from '@overlay/model';
import {
  type Example,
  type ExampleFile,
  type Expected,
  eventTypesOf,
  type FieldType,
  type GivenRow,
  type Pack,
} from '@overlay/packs';
import { makeInfer } from './infer.ts';
import type { Identify } from './rule.ts';

/** How an example came out: what differs, in words; nothing when all is as expected. */
export interface ExampleOutcome {
  readonly title: string;
  readonly differences: readonly string[];
}

export interface ExampleReport {
  readonly outcomes: readonly ExampleOutcome[];
  /** Rules that give no event in any example. */
  readonly rulesWithoutExample: readonly string[];
}

const SOURCE = 'example';
const FIRST_COMMIT_US = Date.UTC(2026, 2, 10, 15) * 1000;
const SECOND_US = 1_000_000;

/** Applies a pack to its own examples. Each stands alone: what one teaches, no other knows. */
export function runExamples(pack: Pack, files: readonly ExampleFile[], identify: Identify): ExampleReport {
  const seen = new Set<string>();
  const types = new Map(
    eventTypesOf(pack).map(({ type, fields }) => [type, new Map(fields.map((field) => [field.name, field.type]))]),
  );
  const outcomes = files.flatMap(({ given, examples }) =>
    examples.map((example) => {
      const result = infer(pack, identify, given, example);
      for (const { rule } of result.events) seen.add(rule);
      const untyped = result.events.flatMap((event) => mistypedFields(event, types.get(event.type)));
      return {
        title: example.title,
        differences: [...result.faults, ...untyped, ...differencesOf(example, result)],
      };
    }),
  );
  return { outcomes, rulesWithoutExample: pack.rules.map(({ id }) => id).filter((id) => !seen.has(id)) };
}

interface Inferred {
  readonly events: readonly BusinessEvent[];
  readonly faults: readonly string[];
  readonly unexplained: Readonly<Record<string, number>>;
}

function infer(pack: Pack, identify: Identify, before: ExampleFile['given'], { given }: Example): Inferred {
  const memory = new Map<string, string | null>();
  const step = makeInfer(pack, identify).open({
    source: SOURCE,
    landed: 0,
    gtids: { has: () => false },
    recall: (key) => memory.get(key) ?? undefined,
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const decide = (rows: readonly GivenRow[], at: string | undefined, sequence: number) => {
    const decision = decideAtOnce(step, recordOf(pack, identify, sequence, rows, at));
    for (const [key, value] of decision.remember ?? []) memory.set(key, value);
    return decision;
  };
  const decisions = [...before, ...given].map(({ rows, at }, index) => decide(rows, at, index + 1));
  const own = decisions.slice(before.length);
  return {
    events: own.flatMap(({ verdict }) => (verdict.kind === 'emit' ? [...verdict.out.items] : [])),
    faults: own
      .flatMap(({ verdict }) => (verdict.kind === 'emit' ? (verdict.faults ?? []) : []))
      .map(({ detail }) => detail),
    unexplained: countsOf(own.flatMap(({ unexplained = [] }) => unexplained)),
  };
}

function countsOf(unexplained: readonly UnexplainedChange[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { table, operation, rows } of unexplained) {
    const name = `${table} ${operation}`;
    counts[name] = (counts[name] ?? 0) + rows;
  }
  return counts;
}

function recordOf(
  pack: Pack,
  identify: Identify,
  sequence: number,
  rows: readonly GivenRow[],
  at: string | undefined,
): DenseRecord<ChangeEvent> {
  const timestamp = at ?? timestampOf(FIRST_COMMIT_US + sequence * SECOND_US);
  const transactionId = `${SOURCE}:${sequence}`;
  const items = rows.map(
    ({ table, operation, before, after }, index): ChangeEvent => ({
      eventId: identify(SOURCE, transactionId, String(index + 1)),
      source: { name: SOURCE, database: pack.databases?.[0] ?? pack.name, table, primaryKey: {} },
      operation,
      before,
      after,
      timestamp,
      transactionId,
      sequence,
      order: index + 1,
      schemaVersion: `${pack.name}.${table}:1`,
      metadata: { connector: SOURCE, version: '1', file: SOURCE, position: sequence, thread: null },
    }),
  );
  return { source: SOURCE, sequence, kind: 'transaction', transactionId, timestamp, items };
}

/** Each expected event is compared with the one that is likest among those of its type. */
function differencesOf(example: Example, { events, unexplained }: Inferred): readonly string[] {
  const left = [...events];
  const differences = example.expect.flatMap((expected) => {
    const candidates = left
      .filter(({ type, rule }) => type === expected.event && rule === (expected.rule ?? rule))
      .map((event) => ({ event, differences: differencesOfEvent(expected, event) }))
      .sort((a, b) => a.differences.length - b.differences.length);
    const [best] = candidates;
    if (best === undefined) return [`missing: ${expected.event}${expected.entity ? ` of ${expected.entity}` : ''}`];
    left.splice(left.indexOf(best.event), 1);
    return best.differences.map((difference) => `${nameOf(best.event)}: ${difference}`);
  });
  const names = new Set([...Object.keys(example.unexplained), ...Object.keys(unexplained)]);
  return [
    ...differences,
    ...left.map((event) => `not expected: ${nameOf(event)} by rule ${event.rule}, confidence ${event.confidence}`),
    ...[...names].flatMap((name) =>
      compared(`unexplained ${name}`, example.unexplained[name] ?? 0, unexplained[name] ?? 0),
    ),
  ];
}

const nameOf = ({ type, entityType, entityId }: BusinessEvent): string => `${type} of ${entityType}:${entityId}`;

function differencesOfEvent(expected: Expected, event: BusinessEvent): readonly string[] {
  const { doubts = [], ...payload } = event.payload;
  return [
    ...(expected.entity === undefined
      ? []
      : compared('entity', expected.entity, `${event.entityType}:${event.entityId}`)),
    ...(expected.actor === undefined ? [] : compared('actor', expected.actor, event.actor.id)),
    ...(expected.confidence === undefined ? [] : compared('confidence', expected.confidence, event.confidence)),
    ...compared('doubts', expected.doubts, doubts),
    ...Object.entries(expected.payload ?? {}).flatMap(([name, value]) =>
      compared(`payload.${name}`, value, payload[name]),
    ),
  ];
}

function compared(what: string, expected: unknown, found: unknown): readonly string[] {
  const [wanted, is] = [JSON.stringify(sorted(expected)), JSON.stringify(sorted(found))];
  return wanted === is ? [] : [`${what} should be ${wanted}, is ${is ?? 'not there'}`];
}

/** The same value with the keys of its maps in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]): [string, unknown] => [key, sorted(part)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const FORMS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'string' && /^-?\d+$/.test(value),
  numeric: (value) => typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)),
  boolean: (value) => typeof value === 'boolean',
  timestamptz: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value),
  local_time: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d.*[^Z])?$/.test(value),
  json: () => true,
};

/** Fields whose value is not what the pack says they are; null is always allowed. */
function mistypedFields(event: BusinessEvent, types: ReadonlyMap<string, FieldType> | undefined): readonly string[] {
  return Object.entries(event.payload).flatMap(([name, value]) => {
    const type = types?.get(name) ?? 'json';
    return value === null || FORMS[type](value)
      ? []
      : [`${nameOf(event)}: payload.${name} should be of type ${type}, is ${JSON.stringify(value)}`];
  });
}
