import { Unanswerable } from '@overlay/storage';

/** Why a question has no answer. The gateway turns the code into a status, auditctl into an exit code. */
export interface Refusal {
  /** invalid: the question is malformed. not_found: there is no such thing. ambiguous: there are several. conflict: it may not be done. */
  readonly code: 'invalid' | 'not_found' | 'ambiguous' | 'conflict';
  readonly message: string;
  /** What would be accepted. */
  readonly hint: string;
}

/** A question of people is answered or refused by value; only the world failing is thrown, as a Trouble. */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

export const answer = <Value>(value: Value): Answer<Value> => ({ ok: true, value });

export const refuse = (code: Refusal['code'], message: string, hint: string): Answer<never> => ({
  ok: false,
  refusal: { code, message, hint },
});

/** What is thrown because the log has no answer is a refusal. */
export async function answered<Value>(ask: () => Promise<Answer<Value>>): Promise<Answer<Value>> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof Unanswerable)) throw thrown;
    return refuse(thrown.code, thrown.message, thrown.hint);
  }
}
