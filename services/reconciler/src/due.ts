const DAY_MS = 86_400_000;

/**
 * Whether a daily comparison is due: its last time of day has come since the last one was made, or, where none was, since the program began.
 *
 * @param at time of day, `HH:MM` in UTC
 * @param since when the last was made, or the program began, in milliseconds since 1970
 */
export function isDue(at: string, since: number, now: number): boolean {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const today = Math.floor(now / DAY_MS) * DAY_MS + (hours * 60 + minutes) * 60_000;
  return since < (today <= now ? today : today - DAY_MS);
}
