import type { Anomaly, BusinessEvent, Decision, DenseRecord, Fold } from '@overlay/model';
import { timestampOf } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import type { Baseline } from '../baseline.ts';

/** Taken once: a look at a global costs a lot inside jest. */
const { imul } = Math;

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface EventSpec {
  readonly type: string;
  /** Minutes after 2026-03-01, midnight UTC. */
  readonly minute: number;
  readonly payload: BusinessEvent['payload'];
  readonly actor?: BusinessEvent['actor'];
}

const START = Date.UTC(2026, 2, 1) * 1000;

/** One transaction's business events. */
export function record(sequence: number, specs: readonly EventSpec[]): DenseRecord<BusinessEvent> {
  const timestamp = timestampOf(START + Math.round((specs[0]?.minute ?? 0) * 60_000_000));
  const transactionId = `gtid:${sequence}`;
  const items = specs.map(({ type, payload, actor }, index): BusinessEvent => {
    const eventId = identify(transactionId, String(index));
    return {
      eventId,
      type,
      entityType: 'thing',
      entityId: '1',
      timestamp,
      actor: actor ?? { id: '9', label: 'user.9', grade: 'inferred' },
      payload,
      confidence: 1,
      sourceEventIds: [identify(eventId, 'row')],
      rule: type,
      ruleVersion: 1,
    };
  });
  return { source: 'shop', sequence, kind: 'transaction', transactionId, timestamp, items };
}

/** Events in the order of their times, each in a transaction of its own. */
export const recordsOf = (specs: readonly EventSpec[]): DenseRecord<BusinessEvent>[] =>
  specs.toSorted((a, b) => a.minute - b.minute).map((spec, index) => record(index + 1, [spec]));

type Score = Fold<DenseRecord<BusinessEvent>, DenseRecord<Anomaly>, Baseline>;
export type Outcome = Decision<DenseRecord<Anomaly>, Baseline>;

/** A shell in small; `reopenEvery` records it begins again from its memory alone, which has been through JSON, as after a restart. */
export function runScore(
  score: Score,
  records: readonly DenseRecord<BusinessEvent>[],
  reopenEvery = Number.POSITIVE_INFINITY,
): { outcomes: Outcome[]; memory: Map<string, string> } {
  const memory = new Map<string, string>();
  const recall = (key: string): Baseline | undefined => {
    const found = memory.get(key);
    return found === undefined ? undefined : JSON.parse(found);
  };
  const open = () =>
    score.open({
      source: 'shop',
      landed: 0,
      gtids: { has: () => false },
      recall,
      accepted: new Set(),
      newItems: <Item>(): Item[] => [],
    });
  let step = open();
  const outcomes = records.map((item, index) => {
    if (index > 0 && index % reopenEvery === 0) step = open();
    const outcome = step(item);
    for (const [key, value] of outcome.remember ?? []) {
      if (value === null) memory.delete(key);
      else memory.set(key, JSON.stringify(value));
    }
    return outcome;
  });
  return { outcomes, memory };
}

export const anomaliesOf = (outcomes: readonly Outcome[]): Anomaly[] =>
  outcomes.flatMap(({ verdict }) => (verdict.kind === 'emit' ? [...verdict.out.items] : []));
