import type { Decision, DenseRecord, Fold, Recall } from '@overlay/model';
import { z } from 'zod';
import type { RawRecord } from './raw-record.ts';

/** What the stage remembers of tables stands under keys that begin so. */
const TABLE = 'table:';
/** The names of the tables that there are now. */
const TABLES = 'tables';
const formerKey = (key: string): string => `former_${key}`;

/** Definitions that were replaced, the oldest first; each held for the sequences before `until`. */
const Former = z.array(z.object({ until: z.int(), definition: z.unknown() }));
type Former = z.infer<typeof Former>;

type Memories = readonly (readonly [key: string, value: unknown])[];

/** The fold, which from here on also remembers the definition of a table that a DDL replaced: a repair reads rows by the definition of their time. */
export function rememberFormer<Out>(
  fold: Fold<RawRecord, DenseRecord<Out>, unknown>,
): Fold<RawRecord, DenseRecord<Out>, unknown> {
  return {
    open(start) {
      const decide = fold.open(start);
      let last = start.landed;
      const step = (record: RawRecord) => {
        const decision: Decision<DenseRecord<Out>, unknown> = decide(record);
        if (decision.verdict.kind === 'emit') last = decision.verdict.out.sequence;
        if (!decision.remember) return decision;
        return { ...decision, remember: withFormer(decision.remember, start.recall, last) };
      };
      return decide.needsOf ? Object.assign(step, { needsOf: decide.needsOf }) : step;
    },
  };
}

/** What is remembered at a sequence, and what it replaces. */
export const withFormer = (remember: Memories, recall: Recall<unknown>, sequence: number): Memories =>
  remember.flatMap(([key, value]) => {
    const definition = recall(key);
    if (!key.startsWith(TABLE) || definition === undefined) return [[key, value]];
    if (JSON.stringify(definition) === JSON.stringify(value)) return [[key, value]];
    return [
      [key, value],
      [formerKey(key), [...formerOf(key, recall), { until: sequence, definition }]],
    ];
  });

const formerOf = (key: string, recall: Recall<unknown>): Former => Former.parse(recall(formerKey(key)) ?? []);

/** What the stage remembered of tables when a sequence was due. */
export const recallAsOf = (recall: Recall<unknown>, sequence: number): Recall<unknown> => {
  const asOf: Recall<unknown> = (key) =>
    key.startsWith(TABLE)
      ? (formerOf(key, recall).find(({ until }) => until > sequence)?.definition ?? recall(key))
      : key === TABLES
        ? recall(key)
        : undefined;
  return asOf;
};

/** What a DDL of that sequence may still change: the definitions of tables that no later DDL replaced. */
export function stillNewest(remember: Memories, recall: Recall<unknown>, sequence: number): Memories {
  const isNewest = (key: string): boolean => formerOf(key, recall).every(({ until }) => until <= sequence);
  const tables = remember.filter(([key]) => key.startsWith(TABLE) && isNewest(key));
  return [...tables, ...remember.filter(([key]) => key === TABLES && tables.length > 0)];
}
