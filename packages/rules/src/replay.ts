import {
  type BusinessEvent,
  type ChangeEvent,
  type DenseRecord,
  decideAtOnce,
  type TransactionActor,
  type UnexplainedChange,
} from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import type { Identify } from './rule.ts';

/** What a pack makes of one record that stands in the log. */
export interface Replayed {
  readonly record: DenseRecord<BusinessEvent>;
  readonly unexplained: readonly UnexplainedChange[];
  readonly actor: TransactionActor | null;
  /** Rules that could not be evaluated. */
  readonly faults: readonly string[];
}

/** Tables whose rows a pack remembers: these alone are needed of what came before a stretch. */
export const rememberedTables = ({ tables }: Pack): readonly string[] =>
  Object.entries(tables).flatMap(([name, { label, remember }]) =>
    label !== undefined || Object.keys(remember).length > 0 ? [name] : [],
  );

/**
 * A pack at work on records that stand in the log, in their order: `learn` takes what came before, `apply` says what a record means. It remembers for
 * itself; nothing else changes.
 */
export function makeReplay(pack: Pack, identify: Identify, source: string) {
  const memory = new Map<string, string | null>();
  const step = makeInfer(pack, identify).open({
    source,
    landed: 0,
    gtids: { has: () => false },
    recall: (key) => memory.get(key) ?? undefined,
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const apply = (record: DenseRecord<ChangeEvent>): Replayed => {
    const { verdict, remember = [], unexplained = [], actor = null } = decideAtOnce(step, record);
    for (const [key, value] of remember) memory.set(key, value);
    if (verdict.kind !== 'emit') throw new Error(`a record of the log was answered with ${verdict.kind}`);
    return { record: verdict.out, unexplained, actor, faults: (verdict.faults ?? []).map(({ detail }) => detail) };
  };
  return { learn: (record: DenseRecord<ChangeEvent>): void => void apply(record), apply };
}

/** A business event that a pack makes otherwise than it stands. */
export type Difference =
  | { readonly kind: 'added' | 'removed'; readonly sequence: number; readonly event: BusinessEvent }
  | {
      readonly kind: 'changed';
      readonly sequence: number;
      readonly event: BusinessEvent;
      readonly former: BusinessEvent;
    };

/** What is other in the events of one sequence; events are the same ones by their ids. `bodyOf` gives the bytes by which two are equal. */
export function differencesOf(
  sequence: number,
  former: readonly BusinessEvent[],
  now: Iterable<BusinessEvent>,
  bodyOf: (event: BusinessEvent) => string,
): readonly Difference[] {
  const left = new Map(former.map((event) => [event.eventId, event]));
  const differences: Difference[] = [];
  for (const event of now) {
    const known = left.get(event.eventId);
    left.delete(event.eventId);
    if (!known) differences.push({ kind: 'added', sequence, event });
    else if (bodyOf(known) !== bodyOf(event)) differences.push({ kind: 'changed', sequence, event, former: known });
  }
  return [...differences, ...[...left.values()].map((event) => ({ kind: 'removed', sequence, event }) as const)];
}
