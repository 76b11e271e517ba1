import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is not undefined; throws what `what` describes after `ms` milliseconds. */
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  ms = 120_000,
  pauseMs = 200,
): Promise<Answer> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms / 1000} s in vain for ${what}`);
    await sleep(pauseMs);
  }
}
