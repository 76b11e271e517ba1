import type { Logger, Metrics } from '@overlay/runtime';
import { countKeptRows, type Database, type KeepLimits, keepRowStates } from '@overlay/storage';

interface KeepDeps {
  readonly name: string;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Default: those of a large log. */
  readonly limits?: KeepLimits;
}

const DAY_MS = 86_400_000;
const AGAIN_MS = 10 * 60_000;

/**
 * Makes the function that keeps states of the tables of a source: once a day, when it starts, and when the source has just been compared. Throws troubles of Postgres, and then waits
 * a while before it tries again.
 */
export function makeKeepStates({ name, database, metrics, logger, signal, limits }: KeepDeps) {
  let dueAt = 0;
  return async (isCompared: boolean): Promise<void> => {
    if (!isCompared && Date.now() < dueAt) return;
    dueAt = Date.now() + AGAIN_MS;
    const begun = performance.now();
    const kept = await keepRowStates(database, name, signal, limits);
    const seconds = (performance.now() - begun) / 1000;
    dueAt = Date.now() + DAY_MS;
    const rows = await countKeptRows(database, name);
    metrics.rowStateRows.set({ source: name }, rows);
    metrics.rowStateSeconds.set({ source: name }, seconds);
    if (kept > 0) logger.info({ source: name, states: kept, rows, seconds }, 'states of whole tables are kept');
  };
}
