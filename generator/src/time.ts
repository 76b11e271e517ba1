/** Instants are whole microseconds since the epoch, as numbers: exact until the year 2255. */
export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

/** The clocks of the world change at whole quarters of an hour. */
const QUARTER_US = 15 * MINUTE_US;

/** The clock and calendar of a place. Days are counted from 1970-01-01. */
export type Zone = {
  readonly name: string;
  /** What is added to UTC at an instant. */
  readonly offset_us: (instant_us: number) => number;
  /** The local calendar day of an instant. */
  readonly day: (instant_us: number) => number;
  /** The hour of the local clock, 0 to 23. */
  readonly hour: (instant_us: number) => number;
  /** The instant at which a local day begins. */
  readonly startOf: (day: number) => number;
  /** `2026-01-15 13:45:10`, local, as a DATETIME column takes it. */
  readonly dateTime: (instant_us: number) => string;
};

/** A zone by its IANA name. Throws RangeError if there is none of that name. */
export function makeZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  const offset_us = (instant_us: number): number => {
    const quarter = Math.floor(instant_us / QUARTER_US);
    const found = known.get(quarter) ?? offsetOf(format, quarter * QUARTER_US);
    known.set(quarter, found);
    return found;
  };
  const local = (instant_us: number): number => instant_us + offset_us(instant_us);
  return {
    name,
    offset_us,
    day: (instant_us) => Math.floor(local(instant_us) / DAY_US),
    hour: (instant_us) => Math.floor((((local(instant_us) % DAY_US) + DAY_US) % DAY_US) / HOUR_US),
    startOf: (day) => {
      const about_us = day * DAY_US - offset_us(day * DAY_US);
      return day * DAY_US - offset_us(about_us);
    },
    dateTime: (instant_us) =>
      new Date(Math.floor(local(instant_us) / 1000)).toISOString().slice(0, 19).replace('T', ' '),
  };
}

export function isZone(name: string): boolean {
  try {
    makeZone(name);
    return true;
  } catch {
    return false;
  }
}

/** `GMT-05:00` of a formatted instant, in microseconds. */
function offsetOf(format: Intl.DateTimeFormat, instant_us: number): number {
  const part = format.formatToParts(instant_us / 1000).find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(part ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_US + Number(minutes) * MINUTE_US);
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
