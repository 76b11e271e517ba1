import {
  type Actor,
  type BusinessEvent,
  type ChangeEvent,
  type Decision,
  type DenseRecord,
  type Recall,
  skip,
  withItems,
} from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { type Hearing, onlyActor } from './actor.ts';
import { isGhost } from './ghost-rows.ts';
import { type Label, makeLearning, remembered } from './labels.ts';
import type { Identify } from './rule.ts';
import { makeScope } from './scope.ts';
import { isAct } from './transaction.ts';

const BULK_CHANGE = 'bulk.change';
/** Rows that are gone through in one step. */
const STEP_ROWS = 2000;

type Decided = Decision<DenseRecord<BusinessEvent>, Label>;

/** What there is to say of a very large record once its rows were gone through: the decision, or the few rows that are none of a tool's. */
type Sifted = { readonly decision: Decided } | { readonly record: DenseRecord<ChangeEvent> };

const UNDER_WAY: Decided = { verdict: skip('under way'), isUnderWay: true };

/**
 * Decides on a record with more rows than rules may see, in steps: goes through the rows once, holding few. One event stands for them all, and they teach
 * names. Without the rows of a tool's own tables it may be a small one, which is given back.
 */
export function makeBulk(pack: Pack, identify: Identify, recall: Recall<Label>, openHearing: () => Hearing) {
  let pass: { readonly record: DenseRecord<ChangeEvent>; readonly steps: Generator<void, Sifted> } | undefined;
  return (record: DenseRecord<ChangeEvent>): Sifted => {
    if (pass?.record !== record) pass = { record, steps: sift(record, pack, identify, recall, openHearing()) };
    const { done, value } = pass.steps.next();
    if (!done) return { decision: UNDER_WAY };
    pass = undefined;
    return value;
  };
}

function* sift(
  record: DenseRecord<ChangeEvent>,
  { tables, databases, ruleRowsMax }: Pack,
  identify: Identify,
  recall: Recall<Label>,
  hearing: Hearing,
): Generator<void, Sifted> {
  const counts = new Counts();
  const learning = makeLearning(tables, recall);
  const { isOwn } = makeScope({ tables, databases });
  const few: ChangeEvent[] = [];
  let seen = 0;
  for (const row of record.items) {
    if (++seen % STEP_ROWS === 0) yield;
    if (isGhost(row)) continue;
    counts.add(row);
    hearing.hear(row);
    if (isOwn(row)) learning.learn(row);
    if (few.length <= ruleRowsMax) few.push(row);
  }
  if (counts.rows <= ruleRowsMax) return { record: withItems(record, few) };
  const remember = remembered(record, learning.changes, recall);
  if (!isAct(record)) return { decision: { verdict: { kind: 'emit', out: withItems(record, []) }, ...remember } };
  const actor = hearing.ofTransaction(record);
  const out = withItems(record, [counts.eventOf(record, onlyActor(actor), identify)]);
  return { decision: { verdict: { kind: 'emit', out }, ...remember, actor } };
}

/** How many rows changed, by table and operation; the first and the last of them. */
class Counts {
  rows = 0;
  readonly #tables = new Map<string, Map<string, number>>();
  readonly #ends: string[] = [];

  add({ eventId, source, operation }: ChangeEvent): void {
    this.rows++;
    const name = `${source.database}.${source.table}`;
    const table = this.#tables.get(name) ?? new Map<string, number>();
    this.#tables.set(name, table.set(operation, (table.get(operation) ?? 0) + 1));
    this.#ends[this.#ends.length === 0 ? 0 : 1] = eventId;
  }

  /** The one event that stands for a very large transaction. Its source events are the first and the last. */
  eventOf(record: DenseRecord<unknown>, actor: Actor, identify: Identify): BusinessEvent {
    const tables = [...this.#tables].map(([name, table]) => [
      name,
      Object.fromEntries([...table].map(([operation, count]) => [operation, String(count)])),
    ]);
    return {
      eventId: identify(record.source, record.transactionId, BULK_CHANGE, this.#ends[0] ?? ''),
      type: BULK_CHANGE,
      entityType: 'transaction',
      entityId: record.transactionId,
      timestamp: record.timestamp,
      actor,
      payload: { rows: String(this.rows), tables: Object.fromEntries(tables) },
      confidence: 1,
      sourceEventIds: this.#ends,
      rule: BULK_CHANGE,
      ruleVersion: 1,
    };
  }
}
