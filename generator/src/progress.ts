import type { Totals } from './writer.ts';

const INTERVAL_MS = 1000;

/** Where the work stands: in words, and which share of it is done, where there is an end. */
type Stage = { readonly label: string; readonly share: number | undefined };

export type Progress = (totals: Totals, stage: Stage) => void;

/** A line to stderr at most once a second: where, transactions, rows, rows per second, what is left. */
export function makeProgress(isShown: boolean, started_ms: number): Progress {
  let shown_ms = 0;
  return (totals, { label, share }) => {
    const now_ms = performance.now();
    if (!isShown || now_ms - shown_ms < INTERVAL_MS) return;
    shown_ms = now_ms;
    const seconds = (now_ms - started_ms) / 1000;
    const rate = Math.round(totals.rows / seconds);
    const left = share ? `, about ${Math.max(0, Math.round((seconds * (1 - share)) / share))} s left` : '';
    process.stderr.write(`${label}: ${totals.transactions} transactions, ${totals.rows} rows, ${rate} rows/s${left}\n`);
  };
}
