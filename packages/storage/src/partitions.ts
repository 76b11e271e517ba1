import type { Database } from './database.ts';

/** A week in milliseconds, and the Monday that weeks are counted from. */
const WEEK_MS = 7 * 24 * 3600 * 1000;
const MONDAY_MS = Date.UTC(1970, 0, 5);

/**
 * Makes the weekly partitions that records need, once each. The week comes from the source's commit time alone, so history and replays
 * find theirs too.
 */
export function makeEnsureWeeks(database: Database): (table: string, timestamps: Iterable<string>) => Promise<void> {
  const known = new Set<string>();
  return async (table, timestamps) => {
    const wanted = new Map<string, string>();
    const days = new Map<string, string>();
    for (const timestamp of timestamps) days.set(timestamp.slice(0, timestamp.indexOf('T')), timestamp);
    for (const timestamp of days.values()) {
      const key = `${table}:${Math.floor((Date.parse(timestamp) - MONDAY_MS) / WEEK_MS)}`;
      if (!known.has(key)) wanted.set(key, timestamp.slice(0, 10));
    }
    for (const [key, day] of wanted) {
      await database.query('select audit.ensure_week($1, $2::date)', [table, day]);
      known.add(key);
    }
  };
}
