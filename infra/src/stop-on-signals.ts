import type { Stack } from './stack.ts';

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * For programs that start a stack and have no signal handling of their own: at Ctrl-C, SIGTERM or hang-up stops the stack and exits with 128
 * plus the signal's number. Returns a function that takes the handlers off again.
 */
export function stopOnSignals(stack: Pick<Stack, 'stop'>): () => void {
  const handlers = Object.entries(NUMBERS).map(([signal, number]) => {
    const handler = (): void => {
      void stack.stop().finally(() => process.exit(128 + number));
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const takeOff of handlers) takeOff();
  };
}
