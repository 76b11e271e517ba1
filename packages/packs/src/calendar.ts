import { makeWallClock } from '@overlay/model';
import type { Hours, Pack } from './pack.ts';

const MINUTE = 60_000;
/** Offsets change on quarter hours only, so one is looked up once per quarter hour. */
const QUARTER = 15 * MINUTE;
/** Quarter hours remembered per zone (a hundred days); at the bound the table begins anew. */
const OFFSETS_MAX = 10_000;

/** A wall clock's reading. */
export interface LocalTime {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** `HH:MM` */
  readonly clock: string;
  readonly minutes: number;
}

/**
 * Opening hours and wall clocks of a pack's places. A place is an id in text; one that the pack does not name keeps the default hours. A
 * time is an instant (`2026-01-15T13:45:10Z`, any digits of a second) or, without a zone, what the place's wall clock showed
 * (`2026-01-15 13:45:10`). Other text is a RangeError.
 */
export interface Calendar {
  readonly local: (time: string, place?: string) => LocalTime;
  readonly isOpen: (time: string, place: string) => boolean;
  /** The local date on which the closed period that holds this time began; null while the place is open. */
  readonly closedSince: (time: string, place: string) => string | null;
  readonly hours: (place: string) => Hours;
}

export function makeCalendar(pack: Pick<Pack, 'timeZone' | 'openingHours'>): Calendar {
  const clocks = new Map<string, (instant: string) => LocalTime>();
  const clockOf = (timeZone: string) => {
    const known = clocks.get(timeZone);
    if (known) return known;
    const fresh = makeClock(timeZone);
    clocks.set(timeZone, fresh);
    return fresh;
  };
  const placeOf = (place: string) =>
    Object.hasOwn(pack.openingHours.places, place) ? pack.openingHours.places[place] : undefined;
  const hours = (place: string): Hours => placeOf(place) ?? pack.openingHours.default;
  const local = (time: string, place = ''): LocalTime => {
    if (WALL.test(time)) return readingOf(time);
    if (!INSTANT.test(time)) throw new RangeError('neither an instant nor a wall clock time');
    return clockOf(placeOf(place)?.timeZone ?? pack.timeZone)(time);
  };
  const closedSince = (time: string, place: string) => closedDate(local(time, place), hours(place));
  return { local, hours, closedSince, isOpen: (time, place) => closedSince(time, place) === null };
}

const WALL = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

function readingOf(time: string): LocalTime {
  const clock = time.slice(11, 16);
  return { date: time.slice(0, 10), clock, minutes: minutesOf(clock) };
}

function closedDate({ date, minutes }: LocalTime, hours: Hours): string | null {
  const [open, close] = [minutesOf(hours.open), minutesOf(hours.close)];
  if (open < close) {
    if (minutes >= open && minutes < close) return null;
    return minutes < open ? dayBefore(date) : date;
  }
  return minutes >= open || minutes < close ? null : date;
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const dayBefore = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - 24 * 60 * MINUTE).toISOString().slice(0, 10);

function makeClock(timeZone: string): (instant: string) => LocalTime {
  const wallOf = makeWallClock(timeZone);
  const offsets = new Map<number, number>();
  const offsetAt = (instant: number): number => {
    const quarter = Math.floor(instant / QUARTER);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= OFFSETS_MAX) offsets.clear();
    const offset = wallOf(quarter * QUARTER) - quarter * QUARTER;
    offsets.set(quarter, offset);
    return offset;
  };
  // The events of a transaction ask for the same time, one after the other.
  let last = { time: '', reading: readingOf('') };
  return (time) => {
    if (time !== last.time) {
      const instant = Date.parse(time);
      last = { time, reading: readingOf(new Date(instant + offsetAt(instant)).toISOString()) };
    }
    return last.reading;
  };
}
