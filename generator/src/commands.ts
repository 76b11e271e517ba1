import { setTimeout as sleep } from 'node:timers/promises';
import { history, spanOf } from './business.ts';
import {
  becomeOnlyWriter,
  type Connection,
  connect,
  createSchema,
  refuseNonEmpty,
  requireClockPrivilege,
  useDatabase,
  withoutDiskWaits,
} from './database.ts';
import { describe, Failure } from './failure.ts';
import { makeLive } from './live.ts';
import { loadWorld } from './load.ts';
import { makeProgress } from './progress.ts';
import { makeRandom } from './random.ts';
import { isoInstant, localDay, startOfDay } from './time.ts';
import type { Transaction } from './transaction.ts';
import { openTruthFile } from './truth-file.ts';
import { count, noTotals, type Totals, writeAll, writeOne } from './writer.ts';

export type Target = { readonly url: string; readonly database: string };

export type HistoryCommand = Target & {
  readonly days: number;
  readonly seed: string;
  readonly until_us: number;
  readonly salesPerDay: number;
  readonly isWaitingForDisk: boolean;
  readonly truth: string | undefined;
  readonly isProgressShown: boolean;
};

export type LiveCommand = Target & {
  readonly rate: number;
  readonly seed: string;
  readonly duration_s: number | undefined;
  readonly transactionsMax: number | undefined;
  readonly troubleEvery: number;
  readonly truth: string | undefined;
  readonly isProgressShown: boolean;
};

/** A live stream that falls behind its rate catches up on at most this much. */
const DEBT_MS_MAX = 5000;

/** Answers with the names of the tables it created. */
export async function runSchema({ url, database }: Target): Promise<{ database: string; created: string[] }> {
  return withConnection(url, async (connection) => ({ database, created: await createSchema(connection, database) }));
}

/** Writes a whole history into an empty schema; answers with its totals. */
export async function runHistory(command: HistoryCommand): Promise<object> {
  const { url, database } = command;
  return withConnection(url, async (connection) => {
    await useDatabase(connection, database);
    await becomeOnlyWriter(connection, database);
    await refuseNonEmpty(connection, database);
    await requireClockPrivilege(connection);
    const write = () => writeHistory(connection, command);
    return command.isWaitingForDisk ? write() : withoutDiskWaits(connection, write);
  });
}

async function writeHistory(connection: Connection, command: HistoryCommand): Promise<object> {
  const { days, until_us } = command;
  const started_ms = performance.now();
  const progress = makeProgress(command.isProgressShown, started_ms);
  const { firstDay } = spanOf(command);
  const start_us = startOfDay(firstDay);
  const truth = openTruthFile(command.truth, 'replace');
  const totals = noTotals();
  const watched = function* (): Generator<Transaction> {
    for (const transaction of history(command)) {
      const at_us = Number(transaction.at);
      count(totals, transaction, at_us);
      truth.add(transaction, at_us);
      yield transaction;
    }
  };
  try {
    await writeAll(connection, watched(), (newest_us) => {
      const share = (newest_us - start_us) / (until_us - start_us);
      const day = Math.min(days, Math.max(1, localDay(newest_us) - firstDay + 1));
      progress(totals, { label: `day ${day} of ${days}`, share });
    });
  } finally {
    truth.close();
  }
  return { days, ...summary(totals, started_ms) };
}

/** Goes on with the business at the wall clock until told to stop, between two transactions; answers with its totals. */
export async function runLive(command: LiveCommand, stop: AbortSignal): Promise<object> {
  const { url, database, seed } = command;
  return withConnection(url, async (connection) => {
    await useDatabase(connection, database);
    await becomeOnlyWriter(connection, database);
    const world = await loadWorld(connection, seed);
    const started_ms = performance.now();
    const run = isoInstant(Date.now() * 1000);
    const live = makeLive(world, { seed, troubleEvery: command.troubleEvery, run });
    const truth = openTruthFile(command.truth, 'append');
    const progress = makeProgress(command.isProgressShown, started_ms);
    const totals = noTotals();
    try {
      for await (const now_us of beats(command, stop)) {
        const transaction = live(now_us);
        await writeOne(connection, transaction);
        count(totals, transaction, now_us);
        truth.add(transaction, now_us);
        progress(totals, { label: 'live', share: undefined });
      }
    } finally {
      truth.close();
    }
    return summary(totals, started_ms);
  });
}

/** The instants of a Poisson stream at the wanted rate, up to the wanted count, time or signal. */
async function* beats(command: LiveCommand, stop: AbortSignal): AsyncGenerator<number> {
  const random = makeRandom(command.seed).fork('pace');
  const end_ms = performance.now() + (command.duration_s ?? Number.POSITIVE_INFINITY) * 1000;
  const most = command.transactionsMax ?? Number.POSITIVE_INFINITY;
  let due_ms = performance.now();
  for (let done = 0; done < most; done += 1) {
    due_ms = Math.max(due_ms, performance.now() - DEBT_MS_MAX) - (Math.log(1 - random.unit()) * 1000) / command.rate;
    await pause(Math.min(due_ms, end_ms) - performance.now(), stop);
    if (stop.aborted || due_ms >= end_ms) return;
    yield Date.now() * 1000;
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms > 0 && !stop.aborted) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}

function summary(totals: Totals, started_ms: number) {
  const seconds = Number(((performance.now() - started_ms) / 1000).toFixed(3));
  const { transactions, rows, sales, first_commit, last_commit } = totals;
  return { transactions, rows, sales, seconds, rows_per_s: Math.round(rows / seconds), first_commit, last_commit };
}

async function withConnection<Result>(url: string, use: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await connect(url);
  try {
    return await use(connection);
  } catch (thrown) {
    if (thrown instanceof Failure || !(thrown instanceof Error && 'sqlState' in thrown)) throw thrown;
    throw new Failure(`MySQL refuses (${describe(thrown).code}): ${thrown.message}`, 1, thrown);
  } finally {
    await connection.end().catch(() => connection.destroy());
  }
}
