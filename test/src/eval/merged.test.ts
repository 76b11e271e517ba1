import { expect, test } from '@jest/globals';
import { identify } from '@overlay/evidence';
import { type ActName, history, makeRecorder } from '@overlay/generator';
import type { BusinessEvent, ChangeEvent, DenseRecord, Json } from '@overlay/model';
import { loadPack } from '@overlay/packs/load';
import { type Label, makeInfer } from '@overlay/rules';
import { businessOf } from './events.ts';
import { makeCanonical, PACK_DIRECTORY } from './recorded.ts';

/** Acts whose rows teach no names: what they mean stands in their own rows. */
const MERGED: ReadonlySet<ActName> = new Set([
  ...(['sale', 'sale_voided', 'sale_altered', 'adjustment', 'stock_changed'] as const),
  ...(['order_placed', 'order_received', 'order_cancelled'] as const),
]);
const HANDFUL = 4;

type Transaction = DenseRecord<ChangeEvent>;

/**
 * What the rules make of acts that follow each other, taken by the handful: of each alone, of all in one transaction, and of that with its rows in
 * another order. The chain is small, so that its acts meet on the shelves.
 */
async function judgedHandfuls() {
  const { scenario, until_us } = businessOf(3, 4, 150);
  const small = {
    ...scenario,
    branches: scenario.branches.slice(0, 2),
    products: 40,
    unusual: { ...scenario.unusual, salesVoided: 200, salesAltered: 100, salesOversold: 20, stockUnrecorded: 100 },
  };
  const memory = new Map<string, Label>();
  const step = makeInfer(await loadPack(PACK_DIRECTORY), identify).open({
    source: 'pharmacy',
    landed: 0,
    gtids: { has: () => false },
    recall: (key) => memory.get(key),
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const decide = (record: Transaction) => {
    const { verdict, remember = [], unexplained = [] } = step(record);
    if (verdict.kind !== 'emit' || verdict.faults) throw new Error(`a rule failed: ${JSON.stringify(verdict)}`);
    return { events: [...verdict.out.items], unexplained, remember };
  };
  const { record } = makeRecorder();
  const canonical = makeCanonical();
  const things = new Set<string>();
  let group: Transaction[] = [];
  const judged: { alone: BusinessEvent[]; merged: ReturnType<typeof decide>; shuffled: ReturnType<typeof decide> }[] =
    [];
  const random = makeRandom();
  const settle = () => {
    if (group.length > 1) {
      const merged = mergedOf(group);
      judged.push({
        alone: group.flatMap((one) => decide({ ...merged, items: one.items }).events),
        merged: decide(merged),
        shuffled: decide(shuffledOf(merged, random)),
      });
    }
    for (const one of group)
      for (const [key, label] of decide(one).remember) {
        if (label === null) memory.delete(key);
        else memory.set(key, label);
      }
    group = [];
    things.clear();
  };
  for (const transaction of history({ scenario: small, until_us })) {
    const one = canonical(record(transaction));
    const { act, keys } = transaction.act;
    const thing = JSON.stringify(keys);
    // No transaction makes a thing and undoes it.
    if (!MERGED.has(act) || things.has(thing)) settle();
    group.push(one);
    things.add(thing);
    if (!MERGED.has(act) || group.length === HANDFUL) settle();
  }
  settle();
  return judged;
}

function mergedOf(group: readonly Transaction[]): Transaction {
  const [first] = group;
  if (first === undefined) throw new Error('a handful of acts holds one');
  const items = group.flatMap((one) => [...one.items]);
  return { ...first, items: items.map((row, index) => ({ ...row, order: index + 1 })) };
}

function shuffledOf(record: Transaction, random: () => number): Transaction {
  const items = [...record.items].map((row) => ({ row, at: random() })).sort((a, b) => a.at - b.at);
  return { ...record, items: items.map(({ row }, index) => ({ ...row, order: index + 1 })) };
}

/** The same numbers in every run. */
function makeRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}

/** Without what says in which order rows came. */
const sorted = (value: Json): Json =>
  Array.isArray(value) ? value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;
const meaningOf = (events: readonly BusinessEvent[]) =>
  new Map(
    events.map((event) => [
      event.eventId,
      {
        ...event,
        sourceEventIds: [...event.sourceEventIds].sort(),
        payload: Object.fromEntries(Object.entries(event.payload).map(([name, value]) => [name, sorted(value)])),
      },
    ]),
  );

test('acts that one transaction holds: the order of their rows does not matter, and what is said without a doubt is true', async () => {
  const judged = await judgedHandfuls();
  let certain = 0;
  let doubted = 0;
  for (const { alone, merged, shuffled } of judged) {
    const [each, all] = [meaningOf(alone), meaningOf(merged.events)];
    expect(meaningOf(shuffled.events)).toEqual(all);
    expect(shuffled.unexplained.map(({ rows }) => rows)).toEqual(merged.unexplained.map(({ rows }) => rows));
    for (const [id, { payload, confidence }] of all) {
      if ('doubts' in payload) doubted += 1;
      else {
        certain += 1;
        expect({ payload, confidence }).toEqual({
          payload: each.get(id)?.payload,
          confidence: each.get(id)?.confidence,
        });
      }
    }
  }
  expect(certain).toBeGreaterThan(1000);
  expect(doubted).toBeGreaterThan(100);
});
