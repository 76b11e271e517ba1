import { createHash } from 'node:crypto';
import { createServer, type Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;

/** A held lock; `release` may be called twice. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock that excludes every other holder on this machine, in this process or another, and that the kernel gives back when
 * the holder dies in any way: a bound socket in Linux's abstract namespace, so there is no stale file to judge.
 * Undefined when somebody holds it.
 */
export async function tryLock(name: string): Promise<Lock | undefined> {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  if (!(await listens(server, `\0audit-overlay-${process.getuid?.() ?? 0}-${digest}`))) return undefined;
  server.unref();
  return {
    release: () => new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
  };
}

/** Runs `work` while holding the lock; waits for it as long as it takes, and says once that it waits. */
export async function withLock<Result>(
  name: string,
  work: () => Promise<Result>,
  onWait: () => void = () => undefined,
): Promise<Result> {
  let lock = await tryLock(name);
  if (!lock) onWait();
  while (!lock) {
    await sleep(POLL_MS);
    lock = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

function listens(server: NetServer, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(path, () => resolve(true));
  });
}
