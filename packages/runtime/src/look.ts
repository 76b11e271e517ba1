import { setTimeout as sleep } from 'node:timers/promises';

/** A look that is under way at the end is waited for so long. */
const END_MS_MAX = 1000;

/** Does `look` now and every `pauseMs` milliseconds, never two at once. Returns the function that ends it. `look` does not throw. */
export function lookEvery(pauseMs: number, look: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  const begin = (): void => {
    running ??= look().finally(() => {
      running = undefined;
    });
  };
  begin();
  const timer = setInterval(begin, pauseMs);
  return async () => {
    clearInterval(timer);
    await Promise.race([running, sleep(END_MS_MAX, undefined, { ref: false })]);
  };
}
