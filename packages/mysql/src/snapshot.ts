import type { GtidSet } from '@overlay/model';
import { messageOf } from '@overlay/runtime';
import { isRefusal, Source } from './connect.ts';
import { readExecuted } from './executed.ts';

/** A source as it was at one moment, on several connections that all see the same; open until it is closed. */
export interface SourceSnapshot {
  readonly serverUuid: string;
  /** What the source had done when the first connection began to see it so, and when the last one did. */
  readonly before: GtidSet;
  readonly after: GtidSet;
  /** Why writing was not held back for a moment, so that connections may differ by what was done between; undefined: it was, and both sets are one. */
  readonly unlocked: string | undefined;
  /** How long writing was held back, in milliseconds. */
  readonly locked_ms: number;
  readonly readers: readonly Source[];
  /** One more of the same state, for questions beside the reading. */
  readonly scout: Source;
  readonly close: () => Promise<void>;
}

/** Who waits for the lock holds back everybody who writes after him: better without it than so for long. */
const LOCK_WAIT_S_MAX = 2;
/** Readers wait for whoever takes their rows. */
const SEND_S_MAX = 600;

/**
 * Takes a consistent snapshot: `FLUSH TABLES WITH READ LOCK` (takes RELOAD) for as long as it takes to begin a transaction on each connection. Where the lock is
 * refused, or a statement runs that it would have to wait for, it goes on without. Troubles: `source.unreachable`.
 */
export async function takeSnapshot(url: string, readers: number): Promise<SourceSnapshot> {
  const opened: Source[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    for (let count = 0; count < readers + 2; count++) opened.push(await Source.connect(url));
    const [keeper, scout, ...all] = opened;
    if (!keeper || !scout) throw new RangeError('a snapshot takes readers');
    const { serverUuid } = await readExecuted(keeper);
    const sets = await hold(keeper, async () => {
      const { executed: before } = await readExecuted(keeper);
      await Promise.all([scout, ...all].map(begin));
      return { before, after: (await readExecuted(keeper)).executed };
    });
    return { serverUuid, ...sets, readers: all, scout, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function begin(source: Source): Promise<void> {
  await source.query(`set session net_write_timeout = ${SEND_S_MAX}`);
  await source.query('set session transaction isolation level repeatable read');
  await source.query('start transaction with consistent snapshot, read only');
}

type Held<Result> = Result & Pick<SourceSnapshot, 'unlocked' | 'locked_ms'>;

/** Does the work while nobody writes, or, where that cannot be had, while everybody may. */
async function hold<Result extends object>(keeper: Source, work: () => Promise<Result>): Promise<Held<Result>> {
  const unlocked = await lock(keeper);
  const begun = performance.now();
  if (unlocked !== undefined) return { ...(await work()), unlocked, locked_ms: 0 };
  try {
    return { ...(await work()), unlocked, locked_ms: performance.now() - begun };
  } finally {
    await keeper.query('unlock tables');
  }
}

/** Why there is no lock; undefined when there is. */
async function lock(keeper: Source): Promise<string | undefined> {
  const [running] = await keeper.query<{ longest: number | null }>(
    "select max(time) as longest from information_schema.processlist where command in ('Query', 'Execute') and id <> connection_id()",
  );
  const longest = Number(running?.longest ?? 0);
  if (longest > LOCK_WAIT_S_MAX)
    return `a statement has been running for ${longest} s, and a lock would hold back everybody until it ends`;
  try {
    await keeper.query(`set session lock_wait_timeout = ${LOCK_WAIT_S_MAX}`);
    await keeper.query('flush tables with read lock');
    return undefined;
  } catch (thrown) {
    if (isRefusal(thrown)) return 'the right RELOAD is missing';
    if (isTimeout(thrown)) return `the lock was not to be had in ${LOCK_WAIT_S_MAX} s: ${messageOf(thrown)}`;
    throw thrown;
  }
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ER_LOCK_WAIT_TIMEOUT';
