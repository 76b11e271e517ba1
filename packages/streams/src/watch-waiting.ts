import type { Ledger, Waiting } from '@overlay/model';
import type { Program } from '@overlay/runtime';
import type { StageConfig } from './config.ts';

/** What waits for less than this is on its way. */
const QUIET_MS = 5000;
/** Pause between two notes about the same. */
const NOTE_MS = 4000;

/** What is seen of one source over time, by this program's clock. */
interface Seen {
  readonly subject: string | null;
  readonly records: number;
  /** Since when it waits, and since when nothing more has come for it. */
  readonly begunAt: number;
  readonly quietAt: number;
  readonly notedAt: number;
}

interface Watched {
  readonly source: string;
  readonly waiting: Waiting | undefined;
}

/**
 * Watches what has begun and is not whole: a metric, a row in the database while it waits, and an alarm, in the log and as the state of a
 * dependency, when nothing has come for it for too long. It never lands in part.
 */
export function makeWatchWaiting(
  stage: string,
  ledger: Pick<Ledger<never>, 'noteWaiting'>,
  {
    metrics,
    health,
    config,
  }: Pick<Program<StageConfig>, 'metrics' | 'health'> & {
    readonly config: Pick<StageConfig, 'WAITING_ALARM_S'>;
  },
  clock: () => number = Date.now,
): (readers: readonly Watched[]) => Promise<void> {
  const seen = new Map<string, Seen | null>();
  const tell = (source: string, alarm: string | undefined): void => {
    if (alarm !== undefined) health.down(alarmOf(source), alarm);
    else if (health.isDown(alarmOf(source))) health.up(alarmOf(source));
  };
  const clear = async (source: string, before: Seen | null | undefined): Promise<void> => {
    tell(source, undefined);
    if (before === null) return;
    if (before === undefined || before.notedAt > 0) await ledger.noteWaiting(source, null);
    seen.set(source, null);
  };
  const note = async (source: string, waiting: Waiting, current: Seen, now: number): Promise<void> => {
    const quietMs = now - current.quietAt;
    tell(source, quietMs >= config.WAITING_ALARM_S * 1000 ? alarmText(waiting, quietMs) : undefined);
    seen.set(source, current);
    if (now - current.begunAt < QUIET_MS || now - current.notedAt < NOTE_MS) return;
    await ledger.noteWaiting(source, waiting);
    seen.set(source, { ...current, notedAt: now });
  };
  /** Another copy reads the source now, and says what waits there. */
  const leave = (source: string): void => {
    tell(source, undefined);
    metrics.waitingSeconds.set({ stage, source }, 0);
    seen.delete(source);
  };
  const look = async ({ source, waiting }: Watched, now: number): Promise<void> => {
    const before = seen.get(source);
    const current = waiting && seenNow(waiting, before, now);
    metrics.waitingSeconds.set({ stage, source }, current ? (now - current.quietAt) / 1000 : 0);
    if (waiting && current) await note(source, waiting, current, now);
    else await clear(source, before);
  };
  return async (readers) => {
    const now = clock();
    const here = new Set(readers.map(({ source }) => source));
    for (const source of [...seen.keys()].filter((name) => !here.has(name))) leave(source);
    for (const reader of readers) await look(reader, now);
  };
}

function seenNow({ subject, records }: Waiting, before: Seen | null | undefined, now: number): Seen {
  if (!before || before.subject !== subject || before.records > records)
    return { subject, records, begunAt: now, quietAt: now, notedAt: before?.notedAt ?? 0 };
  return before.records === records ? before : { ...before, records, quietAt: now };
}

const alarmOf = (source: string): string => `transaction of ${source}`;

const alarmText = ({ subject, records }: Waiting, quietMs: number): string =>
  `${subject ?? 'a record in pieces'} is not whole: ${records} records came of it, the last ${Math.round(quietMs / 1000)} s ago`;
