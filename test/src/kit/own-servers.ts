import { printProgress, type Stack, type StackOptions, startStack } from '@overlay/infra';
import { tell } from './command.ts';

/** What brings up servers for a piece of work. */
export interface OwnServers {
  readonly startServers: (options?: Pick<StackOptions, 'connectPlugins' | 'servers'>) => Promise<Stack>;
  /** Called at the end in reverse order, however it ends. */
  readonly onEnd: (close: () => Promise<unknown>) => void;
}

interface Owned {
  /** What the servers are called, before the number of this process. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly stop?: (stack: Stack) => Promise<unknown>;
}

/** Does a piece of work with servers of its own; however it ends, what was started is stopped. Throws what it, the signal or a dying server threw. */
export async function withOwnServers<Result>(
  { name, signal, stop = (stack) => stack.stop() }: Owned,
  work: (own: OwnServers) => Promise<Result>,
): Promise<Result> {
  const closers: (() => Promise<unknown>)[] = [];
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {});
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
  const running = work({
    onEnd: (close) => closers.push(close),
    async startServers(options) {
      const starting = startStack({ name: `${name}-${process.pid}`, signal, onProgress: printProgress, ...options });
      // Also when the start is cut off: it stops by itself what it had started, and that is waited for.
      closers.push(() => starting.then(stop).catch(() => {}));
      const stack = await starting;
      void stack.died.then(({ server, logLines }) =>
        over.reject(new Error(`${server} ended:\n${logLines.join('\n')}`)),
      );
      return stack;
    },
  });
  running.catch(() => {}); // when something else ends it first, its own failure is only an echo
  try {
    return await Promise.race([running, over.promise]);
  } finally {
    for (const close of closers.reverse()) await close().catch((thrown) => tell(`closing failed: ${String(thrown)}`));
  }
}
