import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from './health.ts';
import { messageOf, Trouble } from './trouble.ts';

/** First pause, and the longest one, between two tries. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5000;

export interface Retrying {
  readonly health: Health;
  readonly signal: AbortSignal;
}

/**
 * Does `work` until it succeeds, as long as what fails is a retryable {@link Trouble}; anything else, and an aborted signal, is thrown.
 * The dependency that the trouble names is reported down, and up on success. Pauses double from 0.1 to 5 seconds, with jitter.
 */
export async function retry<Result>(
  dependency: string,
  { health, signal }: Retrying,
  work: () => Promise<Result>,
): Promise<Result> {
  const failed = new Set<string>();
  for (let pause = PAUSE_MS_MIN; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
    signal.throwIfAborted();
    try {
      const result = await work();
      // Success at first try may have come from a cache: it does not speak against whoever saw the dependency down.
      if (health.isUnknown(dependency)) health.up(dependency);
      for (const name of failed) health.up(name);
      return result;
    } catch (thrown) {
      if (!(thrown instanceof Trouble) || !thrown.isRetryable || thrown.code === 'stage.fenced') throw thrown;
      const [name = dependency] = thrown.code.split('.'); // work on one dependency may read from another
      failed.add(name);
      health.down(name, messageOf(thrown));
    }
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
