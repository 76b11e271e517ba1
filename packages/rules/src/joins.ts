import type { ChangeEvent, Operation } from '@overlay/model';
import {
  type Condition,
  conditionOf,
  type Evaluate,
  type Join,
  type Lookups,
  makeCompiler,
  ROW_VARIABLES,
} from '@overlay/packs';
import { type Transaction, valuesOf } from './transaction.ts';

/** Rows that belong to an anchor, by the names of a rule's joins. */
export type Joined = ReadonlyMap<string, readonly ChangeEvent[]>;

/** Those that the event rests on. */
export const claimedOf = (joined: Joined, joins: Readonly<Record<string, Join>>): readonly ChangeEvent[] =>
  [...joined].flatMap(([name, rows]) => (joins[name]?.claims ? rows : NONE));

/** Finds an anchor's rows. Each joined table is indexed once per transaction, so that all anchors together cost its rows once. */
export type FindJoined = (anchor: ChangeEvent) => Joined;

interface Plan {
  readonly name: string;
  readonly table: string;
  readonly operations: ReadonlySet<Operation>;
  readonly where: Condition | null;
  readonly columns: readonly string[];
  /** The join above that it goes by; null when it goes by the anchor alone. */
  readonly via: string | null;
  /** Where each column's value comes from: a join above, or null for the anchor. */
  readonly from: readonly { readonly join: string | null; readonly column: string }[];
}

type Index = ReadonlyMap<string, readonly ChangeEvent[]>;

const NONE: readonly ChangeEvent[] = [];
const NO_JOINS: Joined = new Map();

export function makeJoins(
  joins: Readonly<Record<string, Join>>,
  lookups: Lookups,
): (transaction: Transaction) => FindJoined {
  const compile = makeCompiler(ROW_VARIABLES, lookups);
  const plans = Object.entries(joins).map(([name, join]) => planOf(name, join, compile));
  if (plans.length === 0) return () => () => NO_JOINS;
  return (transaction) => {
    const indexes = new Map<string, Index>();
    const indexOf = (plan: Plan): Index => {
      const known = indexes.get(plan.name);
      if (known) return known;
      const fresh = buildIndex(plan, transaction);
      indexes.set(plan.name, fresh);
      return fresh;
    };
    return (anchor) => {
      const joined = new Map<string, readonly ChangeEvent[]>();
      for (const plan of plans) joined.set(plan.name, rowsFor(plan, indexOf(plan), anchor, joined));
      return joined;
    };
  };
}

function planOf(name: string, join: Join, compile: (expression: string) => Evaluate): Plan {
  const sources = Object.values(join.on).map((source) => {
    const [first = '', second] = source.split('.');
    return second === undefined ? { join: null, column: first } : { join: first, column: second };
  });
  return {
    name,
    table: join.table,
    operations: new Set(join.operations),
    where: join.where === undefined ? null : conditionOf(compile(join.where)),
    columns: Object.keys(join.on),
    via: sources.find((source) => source.join !== null)?.join ?? null,
    from: sources,
  };
}

function buildIndex(plan: Plan, transaction: Transaction): Index {
  const index = new Map<string, ChangeEvent[]>();
  for (const row of transaction.rowsOf(plan.table)) {
    if (!plan.operations.has(row.operation)) continue;
    if (plan.where && !plan.where({ ...transaction.viewOf(row), time: transaction.record.timestamp })) continue;
    const key = keyOf(plan.columns.map((column) => valuesOf(row)[column]));
    if (key === '') continue;
    const rows = index.get(key);
    if (rows) rows.push(row);
    else index.set(key, [row]);
  }
  return index;
}

function rowsFor(plan: Plan, index: Index, anchor: ChangeEvent, joined: Joined): readonly ChangeEvent[] {
  const matching = (via: ChangeEvent) => index.get(keyFor(plan, anchor, via)) ?? NONE;
  if (plan.via === null) return matching(anchor);
  const rows = joined.get(plan.via) ?? NONE;
  const [only] = rows;
  if (only !== undefined && rows.length === 1) return matching(only);
  return [...new Set(rows.flatMap(matching))].sort((a, b) => a.order - b.order);
}

const keyFor = (plan: Plan, anchor: ChangeEvent, via: ChangeEvent): string =>
  keyOf(plan.from.map(({ join, column }) => valuesOf(join === null ? anchor : via)[column]));

/** Values of a key as one text that no other key has; empty when a part is missing, because null equals nothing: nothing is under it. */
function keyOf(values: readonly (string | boolean | null | undefined)[]): string {
  let key = '';
  for (const value of values) {
    if (value === null || value === undefined) return '';
    const text = String(value);
    key += `${text.length}:${text}`;
  }
  return key;
}
