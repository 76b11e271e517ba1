import type { ActLine } from '@overlay/generator';
import type { Json } from '@overlay/model';

/** A business event that must come of an act. Its time is that of the act. */
export interface Expected {
  readonly type: string;
  readonly entityType: string;
  readonly entityId: string;
  /** Who did it, as far as the rows say; nulls where they do not. */
  readonly actor: { readonly id: string | null; readonly label: string | null };
  readonly confidence: number;
  readonly payload: Readonly<Record<string, Json>>;
}

/** All that must come of an act, and nothing else may. */
export interface Outcome {
  readonly events: readonly Expected[];
  /** Rows that no event rests on, by `table OPERATION`. */
  readonly unexplained: ReadonlyMap<string, number>;
}

/** A group of facts: of an act, or of one of its things. */
export type Facts = Readonly<Record<string, string | null>>;

/** An act with its facts at hand. Asking for one that it does not have throws. */
export interface Told {
  readonly at: string;
  readonly key: (name: string) => string;
  readonly fact: (name: string) => string;
  /** Some of the facts, under their names. */
  readonly facts: (...names: readonly string[]) => Facts;
  /** A list of things; empty where the act has no such list. */
  readonly things: (name: string) => readonly Facts[];
}

export function toldBy({ act, at, keys, facts }: Pick<ActLine, 'act' | 'at' | 'keys' | 'facts'>): Told {
  const factOf = (name: string): string | null => {
    const value = facts[name];
    if (value === undefined || (typeof value === 'object' && value !== null))
      throw new Error(`the act ${act} of ${at} has no fact '${name}'`);
    return value;
  };
  return {
    at,
    key: (name) => present(keys[name], name),
    fact: (name) => present(factOf(name), name),
    facts: (...names) => Object.fromEntries(names.map((name) => [name, factOf(name)])),
    things: (name) => {
      const list = facts[name];
      return Array.isArray(list) ? list : [];
    },
  };
}

/** Some of the facts of a thing, under their names. */
export const pick = (thing: Facts, ...names: readonly string[]): Facts =>
  Object.fromEntries(
    names.map((name) => {
      const value = thing[name];
      if (value === undefined) throw new Error(`a thing of an act has no fact '${name}'`);
      return [name, value];
    }),
  );

/** The value, which the act must know. */
export function present(value: string | null | undefined, name: string): string {
  if (value === null || value === undefined) throw new Error(`an act does not say '${name}'`);
  return value;
}

/** Hundredths of an amount with two places. */
export const hundredths = (amount: string | null | undefined): number =>
  Number(present(amount, 'an amount').replace('.', ''));

/** `1234` becomes `12.34`. */
export function amountOf(count: number): string {
  const digits = String(Math.abs(count)).padStart(3, '0');
  return `${count < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** What a part is of a whole in percent, to two places; halves go away from zero. */
export function percentOf(part: number, whole: number): string {
  const share = (part * 10_000) / whole;
  return amountOf(Math.sign(share) * Math.round(Math.abs(share)));
}

/** What all things come to. */
export const total = <Thing>(things: readonly Thing[], of: (thing: Thing) => number): number =>
  things.reduce((sum, thing) => sum + of(thing), 0);
