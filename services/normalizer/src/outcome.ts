import { type Decision, type DenseRecord, type Fault, type Gap, skip } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';

export type Out = DenseRecord<WrittenChange>;
export type Outcome = Decision<Out, unknown>;
export type Memories = NonNullable<Outcome['remember']>;

export const PART: Outcome = { verdict: skip('part of a transaction'), isSettled: false };
export const REPEATED_PART: Outcome = { verdict: skip('repeat'), isSettled: false };

export const isGtid = (id: string): boolean => /^[0-9a-f-]{36}:([a-z_][a-z0-9_]*:)?\d+$/i.test(id);

export const stop = (code: Gap['code'], subject: string, detail: string): Outcome => ({
  verdict: { kind: 'gap', gap: { code, subject, detail } },
});

/** The whole is to be read once more from its first record, and set aside. */
export const poison = (unit: string, fault: Fault): Outcome => ({
  verdict: { kind: 'poison', unit, fault },
  isSettled: false,
});

export const HOLE: Fault = { code: 'raw.set_aside', detail: 'a person let it go past with records missing' };
