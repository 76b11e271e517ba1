import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** A place outside the database that takes checkpoints. */
export interface Anchor {
  readonly name: string;
  /** Throws when the checkpoint was not taken. */
  readonly take: (source: string, note: string) => Promise<void>;
}

const ANSWER_MS_MAX = 5000;

/** Appends a line of JSON for each checkpoint: when it was written, the source, the note. On disk when it returns. */
export const fileAnchor = (file: string): Anchor => ({
  name: 'file',
  async take(source, note) {
    const handle = openSync(file, 'a', 0o644);
    try {
      writeSync(handle, `${JSON.stringify({ at: new Date().toISOString(), source, note })}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
});

/** Posts each checkpoint as text; any answer but 2xx is a refusal. */
export const webhookAnchor = (url: string): Anchor => ({
  name: 'webhook',
  async take(_, note) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: note,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (!answer.ok) throw new Error(`the webhook answers ${answer.status}`);
  },
});
