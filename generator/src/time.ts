/** Instants are whole microseconds since the epoch, as numbers: exact until the year 2255. */
export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

/** America/Lima is UTC−5 the whole year round, and has been since 1994. */
const LIMA_US = -5 * HOUR_US;

/** The local calendar day of an instant, counted from 1970-01-01. */
export function localDay(instant_us: number): number {
  return Math.floor((instant_us + LIMA_US) / DAY_US);
}

export function startOfDay(day: number): number {
  return day * DAY_US - LIMA_US;
}

/** The hour of the local clock, 0 to 23. */
export function localHour(instant_us: number): number {
  return Math.floor((instant_us - startOfDay(localDay(instant_us))) / HOUR_US);
}

/** `2026-01-15 13:45:10`, local, as a DATETIME column takes it. */
export function localDateTime(instant_us: number): string {
  return new Date(Math.floor((instant_us + LIMA_US) / 1000)).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-01-15` */
export function dateOfDay(day: number): string {
  return new Date((day * DAY_US) / 1000).toISOString().slice(0, 10);
}

/** 0 is Sunday. */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

export function dayOfMonth(day: number): number {
  return new Date((day * DAY_US) / 1000).getUTCDate();
}

/** `2026-01-15T18:45:10.123456Z` */
export function isoInstant(instant_us: number): string {
  const fraction = String(instant_us % SECOND_US).padStart(6, '0');
  return `${new Date(Math.floor(instant_us / 1000)).toISOString().slice(0, 19)}.${fraction}Z`;
}
