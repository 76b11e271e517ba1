import { makeWallClock, type Timestamp } from '@overlay/model';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** No zone was ever further from UTC than this. */
const OFFSET_MS_MAX = 16 * HOUR;

/** The days and the wall clock of a time zone. */
export interface Zone {
  readonly name: string;
  /** Local day of an instant, `YYYY-MM-DD`. */
  readonly dayOf: (instant: Timestamp) => string;
  /** Wall clock with its offset, `2026-11-21 14:03:05 -05:00`; an instant that no calendar holds comes back as it is. */
  readonly timeOf: (instant: Timestamp) => string;
  /** `[from, to)` of a local day, which may have 23, 24 or 25 hours. Days follow each other without a hole. */
  readonly boundsOf: (day: string) => Bounds;
}

export interface Bounds {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** Throws a RangeError when `name` is no IANA time zone. */
export function makeZone(name: string): Zone {
  const wallOf = makeWallClock(name);
  const startOf = (day: string): number => {
    const midnight = Date.parse(`${day}T00:00:00Z`);
    let [before, after] = [midnight - OFFSET_MS_MAX, midnight + OFFSET_MS_MAX];
    while (after - before > SECOND) {
      const middle = Math.floor((before + after) / (2 * SECOND)) * SECOND;
      if (wallOf(middle) < midnight) before = middle;
      else after = middle;
    }
    return after;
  };
  return {
    name,
    dayOf: (instant) => dayText(wallOf(millisecondsOf(instant))),
    timeOf: (instant) => {
      const at = millisecondsOf(instant);
      if (Number.isNaN(at)) return instant;
      const wall = wallOf(at);
      const text = new Date(wall).toISOString();
      return `${text.slice(0, 10)} ${text.slice(11, 19)} ${offsetText(wall - Math.floor(at / SECOND) * SECOND)}`;
    },
    boundsOf: (day) => ({ from: instantText(startOf(day)), to: instantText(startOf(dayAfter(day, 1))) }),
  };
}

/** True for a day that the calendar has, written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && dayText(at) === text;
}

/** The day that is `days` later; negative goes back. */
export const dayAfter = (day: string, days: number): string =>
  dayText(Date.parse(`${day}T00:00:00Z`) + days * 24 * HOUR);

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `2026-11-21` → `Saturday 21 November 2026`. */
export function dayName(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

const millisecondsOf = (instant: Timestamp): number => Date.parse(`${instant.slice(0, -4)}Z`);

const dayText = (wall: number): string => new Date(wall).toISOString().slice(0, 10);

const instantText = (milliseconds: number): Timestamp => `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;

function offsetText(milliseconds: number): string {
  const minutes = Math.abs(Math.trunc(milliseconds / MINUTE));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${milliseconds < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
