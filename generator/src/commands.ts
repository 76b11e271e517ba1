import { setTimeout as sleep } from 'node:timers/promises';
import { becomeOnlyWriter, createSchema, useDatabase, withConnection } from './database.ts';
import { makeLive } from './live.ts';
import { loadWorld } from './load.ts';
import { type NotePaths, openNotes } from './notes.ts';
import { makeProgress } from './progress.ts';
import { makeRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { isoInstant } from './time.ts';
import { count, noTotals, summary, writeOne } from './writer.ts';

export type Target = { readonly url: string; readonly database: string };

export type LiveCommand = Target &
  NotePaths & {
    readonly rate: number;
    readonly scenario: Scenario;
    readonly duration_s: number | undefined;
    readonly transactionsMax: number | undefined;
    readonly troubleEvery: number;
    readonly isProgressShown: boolean;
  };

/** A live stream that falls behind its rate catches up on at most this much. */
const DEBT_MS_MAX = 5000;

/** Answers with the names of the tables it created. */
export async function runSchema({ url, database }: Target): Promise<{ database: string; created: string[] }> {
  return withConnection(url, async (connection) => ({ database, created: await createSchema(connection, database) }));
}

/** Goes on with the business at the wall clock until told to stop, between two transactions; answers with its totals. */
export async function runLive(command: LiveCommand, stop: AbortSignal): Promise<object> {
  const { url, database, scenario } = command;
  const { seed } = scenario;
  return withConnection(url, async (connection) => {
    await useDatabase(connection, database);
    await becomeOnlyWriter(connection, database);
    const world = await loadWorld(connection, scenario);
    const started_ms = performance.now();
    const run = isoInstant(Date.now() * 1000);
    const live = makeLive(world, { seed, troubleEvery: command.troubleEvery, run });
    const notes = openNotes(command, 'append');
    const progress = makeProgress(command.isProgressShown, started_ms);
    const totals = noTotals();
    try {
      for await (const now_us of beats(command, stop)) {
        const transaction = live(now_us);
        await writeOne(connection, transaction);
        count(totals, transaction, now_us);
        notes.add(transaction, now_us);
        progress(totals, { label: 'live', share: undefined });
      }
    } finally {
      notes.close();
    }
    return summary(totals, started_ms);
  });
}

/** The instants of a Poisson stream at the wanted rate, up to the wanted count, time or signal. */
async function* beats(command: LiveCommand, stop: AbortSignal): AsyncGenerator<number> {
  const random = makeRandom(command.scenario.seed).fork('pace');
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
