import { setTimeout as sleep } from 'node:timers/promises';

/** How far something was at a moment, and what it had cost by then. */
export interface Sample {
  /** Monotonic clock. */
  readonly at_ms: number;
  readonly rows: number;
  /** Processor seconds by part, since each part began. */
  readonly cpu_s: Readonly<Record<string, number>>;
}

/** What a stretch of samples says. */
export interface Stretch {
  readonly rows: number;
  readonly rows_per_s: number;
  readonly cpu_us_per_row: Readonly<Record<string, number>>;
}

/**
 * From the first sample with `from` rows or more (or the last before, when that first one has everything) to the first with `to` or more.
 * Throws where there is nothing between them.
 */
export function stretchOf(samples: readonly Sample[], from: number, to: number): Stretch {
  const end = samples.find(({ rows }) => rows >= to);
  const warm = samples.findIndex(({ rows }) => rows >= from);
  const begin = samples[warm] === end ? samples[warm - 1] : samples[warm];
  if (!begin || !end || end.rows <= begin.rows)
    throw new Error(`${samples.length} samples hold nothing between ${from} and ${to} rows`);
  const rows = end.rows - begin.rows;
  const cpu = Object.entries(end.cpu_s).map(([part, spent]) => {
    return [part, ((spent - (begin.cpu_s[part] ?? 0)) * 1e6) / rows] as const;
  });
  return { rows, rows_per_s: (rows * 1000) / (end.at_ms - begin.at_ms), cpu_us_per_row: Object.fromEntries(cpu) };
}

/** The value that this share of all is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('no values have no percentile');
  return value;
}

export interface Watch {
  /** How far it is now. */
  readonly rows: () => Promise<number>;
  readonly cpu: () => Readonly<Record<string, number>>;
  readonly isDone: (rows: number) => boolean;
  readonly every_ms: number;
  /** No progress for so long is a failure. */
  readonly stall_ms_max: number;
  readonly tell: (text: string) => void;
}

const TELL_MS = 5000;

/** Looks again and again until it is done; the last sample is that of the end. */
export async function sampleUntilDone(watch: Watch): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  let moved_ms = performance.now();
  let told_ms = moved_ms;
  for (;;) {
    const rows = await watch.rows();
    const at_ms = performance.now();
    if (rows !== samples.at(-1)?.rows) moved_ms = at_ms;
    samples.push({ at_ms, rows, cpu_s: watch.cpu() });
    if (watch.isDone(rows)) return samples;
    if (at_ms - moved_ms > watch.stall_ms_max)
      throw new Error(`nothing has moved for ${watch.stall_ms_max / 1000} s, at ${Math.round(rows)} rows`);
    if (at_ms - told_ms > TELL_MS) {
      watch.tell(`${Math.round(rows)} rows`);
      told_ms = at_ms;
    }
    await sleep(watch.every_ms);
  }
}
