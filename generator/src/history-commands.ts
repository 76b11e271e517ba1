import { type HistoryOptions, history, spanOf } from './business.ts';
import type { Target } from './commands.ts';
import {
  becomeOnlyWriter,
  refuseNonEmpty,
  requireClockPrivilege,
  useDatabase,
  withConnection,
  withoutDiskWaits,
} from './database.ts';
import { openLines } from './lines-file.ts';
import { type NotePaths, openNotes } from './notes.ts';
import { makeProgress } from './progress.ts';
import { recordAll } from './recording.ts';
import { findProgress } from './resume.ts';
import type { Transaction } from './transaction.ts';
import { waveTruths } from './truth.ts';
import { count, noTotals, summary, type Totals, writeAll } from './writer.ts';

type Told = HistoryOptions & NotePaths & { readonly isProgressShown: boolean };

export type HistoryCommand = Target &
  Told & {
    readonly isWaitingForDisk: boolean;
    /** Go on with what an earlier run with the same options has written, and write its notes anew. */
    readonly isResuming: boolean;
  };

export type RecordCommand = Told & {
  /** The file of the recording. */
  readonly out: string;
};

/** Writes a whole history into an empty schema, or the rest of one that was cut off; answers with the totals of what it wrote. */
export async function runHistory(command: HistoryCommand): Promise<object> {
  const { url, database } = command;
  return withConnection(url, async (connection) => {
    await useDatabase(connection, database);
    await becomeOnlyWriter(connection, database);
    await requireClockPrivilege(connection);
    if (!command.isResuming) await refuseNonEmpty(connection, database);
    const done = command.isResuming ? await findProgress(connection, recordAll(history(command))) : 0;
    const write = () => telling(command, (transactions, told) => writeAll(connection, transactions, told), done);
    return command.isWaitingForDisk ? write() : withoutDiskWaits(connection, write);
  });
}

/** Writes the same history to a file instead, a line for each transaction with all its row changes; answers with its totals. */
export async function runRecord(command: RecordCommand): Promise<object> {
  return telling(command, async (transactions, told) => {
    const file = openLines(command.out, 'replace', '--out');
    try {
      for (const { at, rows } of recordAll(transactions)) {
        file.write({ at, rows });
        told(Date.parse(at) * 1000);
      }
    } finally {
      file.close();
    }
  });
}

type Consume = (transactions: Iterable<Transaction>, told: (newest_us: number) => void) => Promise<void>;

/**
 * Makes the history for who consumes it, all but its first `done` transactions, and tells meanwhile: progress, ground truth, acts.
 * Answers with the totals.
 */
async function telling(command: Told, consume: Consume, done = 0): Promise<object> {
  const { until_us, scenario } = command;
  const { days } = scenario;
  const started_ms = performance.now();
  const progress = makeProgress(command.isProgressShown, started_ms);
  const { firstDay, zone } = spanOf(command);
  const start_us = zone.startOf(firstDay);
  const notes = openNotes(command, 'replace');
  const totals: Totals = noTotals();
  const watched = function* (): Generator<Transaction> {
    const run = history(command);
    let step = run.next();
    for (let place = 0; !step.done; step = run.next(), place += 1) {
      const at_us = Number(step.value.at);
      notes.add(step.value, at_us);
      if (place < done) continue;
      count(totals, step.value, at_us);
      yield step.value;
    }
    notes.addTruths(waveTruths(step.value.waves, until_us));
  };
  try {
    await consume(watched(), (newest_us) => {
      const share = (newest_us - start_us) / (until_us - start_us);
      const day = Math.min(days, Math.max(1, zone.day(newest_us) - firstDay + 1));
      progress(totals, { label: `day ${day} of ${days}`, share });
    });
  } finally {
    notes.close();
  }
  return { days, ...(done > 0 ? { resumed_after: done } : {}), ...summary(totals, started_ms) };
}
