import {
  type NoteSignature,
  type NoteVerifier,
  parseSignatures,
  proveConsistency,
  type ReadRoots,
  signersOf,
  toBase64,
} from '@overlay/evidence';

const ANSWER_MS_MAX = 5000;
const TEXT_LENGTH_MAX = 200;

/** A witness knows another history of the log than the one that it is asked to sign. */
export class WitnessConflict extends Error {
  override readonly name = 'WitnessConflict';
}

export interface WitnessAsk {
  /** The signed text. */
  readonly text: string;
  readonly note: string;
  readonly size: number;
  readonly read: ReadRoots;
}

export type AskWitness = (ask: WitnessAsk) => Promise<readonly NoteSignature[]>;

/**
 * Makes the function that asks a witness (C2SP tlog-witness) for its cosignature of a checkpoint. The witness says what it knows; it is proved
 * to it that the log has only grown since. Throws {@link WitnessConflict} when it refuses the proof, an Error when it cannot be asked.
 */
export function makeAskWitness(url: string, verifiers: readonly NoteVerifier[]): AskWitness {
  let known = 0;
  const post = async ({ note, size, read }: WitnessAsk): Promise<Response> => {
    const proof = await proveConsistency(known, size, read);
    const body = `old ${known}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
    return fetch(new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`), {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
  };
  return async (ask) => {
    known = Math.min(known, ask.size);
    let answer = await post(ask);
    if (answer.status === 409) {
      known = sizeSeen(await answer.text(), known, ask.size);
      answer = await post(ask);
    }
    if (answer.status === 422 || answer.status === 409)
      throw new WitnessConflict(`the witness saw ${known} leaves that this log does not begin with`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the witness answers ${answer.status}: ${text.slice(0, TEXT_LENGTH_MAX)}`);
    const signatures = parseSignatures(text) ?? [];
    if (signersOf({ text: ask.text, signatures }, verifiers).length === 0)
      throw new Error('the witness answers without a signature of a known key');
    known = ask.size;
    return signatures;
  };
}

/** What the witness says that it saw, where that is news and a log of this size can go on from it. */
function sizeSeen(text: string, known: number, size: number): number {
  const seen = /^\d{1,15}\n?$/.test(text) ? Number(text) : undefined;
  if (seen === undefined) throw new Error('the witness answers 409 and names no size');
  if (seen > size) throw new WitnessConflict(`the witness saw ${seen} leaves, the log has ${size}`);
  if (seen === known) throw new WitnessConflict(`the witness saw another root of ${seen} leaves`);
  return seen;
}
