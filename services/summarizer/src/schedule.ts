import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, retry } from '@overlay/runtime';

/** Does `work` now and then every `seconds` until the program stops; troubles are retried and reported, anything else is thrown. */
export async function every(
  seconds: number,
  { health, signal }: Pick<Program<unknown>, 'health' | 'signal'>,
  work: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    await retry('postgres', { health, signal }, work);
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}
