import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { makePlanner, type Plan, type Planner } from './plan.ts';
import { WORKERS } from './schema.ts';

export interface OracleOptions {
  readonly seed: number;
  /** URL of MySQL with the captured database. */
  readonly mysqlUrl: string;
  readonly database: string;
  readonly workers?: number;
  readonly largeRows?: number;
  /** Told at once of what ends a stretch that runs beside something else. */
  readonly onFailure?: (thrown: unknown) => void;
}

/** How long and how fast; it ends at the first bound that is met. */
interface Stretch {
  /** Transactions over all workers. */
  readonly transactions?: number;
  readonly seconds?: number;
  /** Transactions per second over all workers, at most. */
  readonly perSecond: number;
  /** How many of the workers take part; default all. */
  readonly workers?: number;
  /** Of each worker, every so many transactions a large one; 0 (default) for none. */
  readonly largeEvery?: number;
}

/** What was done so far, over all stretches. */
interface OracleTally {
  readonly transactions: number;
  readonly rolledBack: number;
  readonly aside: number;
  readonly large: number;
  /** Row changes in captured tables that were committed. */
  readonly rows: number;
  /** Transactions that MySQL ended over a lock and that were tried again. */
  readonly retries: number;
}

/** The oracle's workers; what one stretch leaves off the next goes on with. */
export interface Oracle {
  /** Runs one stretch to its end. */
  readonly run: (stretch: Stretch) => Promise<void>;
  /** Begins a stretch; the function ends it after the transactions under way, and throws what a worker threw. */
  readonly start: (stretch: Stretch) => () => Promise<void>;
  readonly tally: () => OracleTally;
  readonly close: () => Promise<void>;
}

const STRETCH_TRANSACTIONS_MAX = 1_000_000;
const TRIES_MAX = 20;
const DEADLOCK = 1213;
const LOCK_WAIT = 1205;

/**
 * Workers that change a source as their seed says. Each keeps to rows of its own but for the accounts, so every transaction changes as many rows as
 * was planned however the workers overlap.
 */
export async function openOracle(options: OracleOptions): Promise<Oracle> {
  const { workers = WORKERS, largeRows = 20_000, seed, database } = options;
  const counted = { transactions: 0, rolledBack: 0, aside: 0, large: 0, rows: 0, retries: 0 };
  const all = await Promise.all(
    Array.from({ length: workers }, async (_, worker) => ({
      connection: await connect(options.mysqlUrl),
      planner: makePlanner({ seed, worker, database, largeRows }),
    })),
  );
  const runAll = async (stretch: Stretch, signal: AbortSignal): Promise<void> => {
    const busy = all.slice(0, stretch.workers);
    await Promise.all(busy.map((worker) => runWorker(worker, { ...stretch, workers: busy.length }, counted, signal)));
  };
  const start: Oracle['start'] = (stretch) => {
    const stop = new AbortController();
    const work = runAll(stretch, stop.signal);
    work.catch((thrown) => options.onFailure?.(thrown)); // thrown when the stretch is ended, too
    return async () => {
      stop.abort();
      await work;
    };
  };
  return {
    start,
    run: (stretch) => runAll(stretch, new AbortController().signal),
    tally: () => ({ ...counted }),
    async close() {
      await Promise.all(all.map(({ connection }) => connection.end().catch(() => {})));
    },
  };
}

async function connect(uri: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ uri, timezone: 'Z' });
  await connection.query(
    "set time_zone = '+00:00', transaction_isolation = 'READ-COMMITTED', cte_max_recursion_depth = 100000000",
  );
  return connection;
}

interface Worker {
  readonly connection: mysql.Connection;
  readonly planner: Planner;
}

type Counted = { -readonly [Name in keyof OracleTally]: OracleTally[Name] };

async function runWorker(
  worker: Worker,
  {
    transactions = STRETCH_TRANSACTIONS_MAX,
    seconds = Number.POSITIVE_INFINITY,
    perSecond,
    largeEvery = 0,
    workers,
  }: Stretch & { workers: number },
  counted: Counted,
  signal: AbortSignal,
): Promise<void> {
  const begin = Date.now();
  const share = Math.ceil(transactions / workers);
  for (let done = 0; done < share && !signal.aborted; done++) {
    const due = begin + (done * workers * 1000) / perSecond;
    if (due - begin > seconds * 1000 || Date.now() - begin > seconds * 1000) return;
    if (due > Date.now()) await sleep(due - Date.now(), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const plan = worker.planner.next(largeEvery > 0 && done % largeEvery === largeEvery - 1);
    counted.retries += await carryOut(worker, plan);
    count(counted, plan);
  }
}

function count(counted: Counted, { kind, rows }: Plan): void {
  if (kind === 'rolled back') counted.rolledBack++;
  else if (kind === 'aside') counted.aside++;
  else {
    counted.transactions++;
    counted.rows += rows;
    if (kind === 'large') counted.large++;
  }
}

/** Does what was planned, again when a lock ended it; gives the number of further tries. */
async function carryOut({ connection, planner }: Worker, plan: Plan): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      await connection.query('begin');
      for (const { sql, values } of plan.statements) await connection.query(sql, [...values]);
      await connection.query(plan.kind === 'rolled back' ? 'rollback' : 'commit');
      if (plan.kind !== 'rolled back') planner.committed();
      return tries;
    } catch (thrown) {
      await connection.query('rollback').catch(() => {});
      const code = thrown instanceof Error && 'errno' in thrown ? thrown.errno : 0;
      if ((code !== DEADLOCK && code !== LOCK_WAIT) || tries >= TRIES_MAX) throw thrown;
    }
  }
}
