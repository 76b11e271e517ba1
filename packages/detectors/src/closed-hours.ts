import type { BusinessEvent } from '@overlay/model';
import type { Calendar, ClosedHours, Evaluate } from '@overlay/packs';
import { daysBetween, fadedDays, fading, later, type Period, recallKind } from './baseline.ts';
import {
  isAbove,
  type Judge,
  makeEventCompiler,
  makeGrade,
  makeReport,
  numberOf,
  oddsOf,
  PROBABILITY_MIN,
  printed,
  type Scene,
  type Tools,
  textOf,
  timeSlots,
  Unusable,
} from './judge.ts';
import { countTail } from './tails.ts';

/** Where the instant of a source's first business event is remembered: periods before it were not watched. */
export const SINCE_KEY = 'since';

/** Event ids that an anomaly carries at most; the period's count is exact beyond it. */
const EVENT_IDS_MAX = 100;

/**
 * Events in the closed hours of a place, counted by period (a night, named by the local date on which it began). The count's tail is the
 * negative binomial's, with a rate learned from earlier periods of the place. A period is told once, when it reaches `countMin` and is
 * strange enough, and again only when its severity rises; a period that was told is not learned from.
 */
export function makeClosedHours(detector: ClosedHours, tools: Tools): Judge {
  const compile = makeEventCompiler(tools.calendar);
  const placeOf = compile(detector.place);
  const times = detector.times.map(compile);
  const measure = detector.value === undefined ? null : compile(detector.value);
  const gradeOf = makeGrade(detector, compile);
  const report = makeReport(detector, compile, tools);

  return (scene) => {
    const place = textOf(placeOf(scene.context));
    if (place === null) throw new Unusable('place: not_a_key');
    const closed = closedTime(
      tools.calendar,
      times.map((timeOf) => textOf(timeOf(scene.context))),
      place,
    );
    if (!closed) return { anomaly: null, remember: [] };
    const key = `${detector.id}:place:${place}`;
    const period = counted(periodAt(detector, scene, key, closed.since), scene, measure);
    const tail = tailOf(detector, scene, period);
    const grade = gradeOf(-Math.log(tail.pValue), scene.context);
    const isNews = period.count >= detector.countMin && grade.severity !== null && isAbove(grade.severity, period.told);
    if (!isNews || grade.severity === null) return { anomaly: null, remember: [[key, period]] };
    const anomaly = report(scene, {
      grade,
      severity: grade.severity,
      pValue: tail.pValue,
      observed: period.count,
      expected: tail.expected,
      features: { count: period.count, shape: tail.shape, rate: tail.rate, total: period.total },
      slots: { ...slotsOf(tools.calendar, place, period, tail), ...timeSlots(closed.local) },
      businessEventIds: period.eventIds,
      sourceEventIds: period.sourceEventIds,
    });
    return { anomaly, remember: [[key, { ...period, told: grade.severity }]] };
  };
}

/** The first of the times that lies in closed hours; a missing one is passed over. */
function closedTime(calendar: Calendar, times: readonly (string | null)[], place: string) {
  try {
    for (const time of times) {
      const since = time === null ? null : calendar.closedSince(time, place);
      if (time !== null && since !== null) return { since, local: calendar.local(time, place) };
    }
    return null;
  } catch (error) {
    throw error instanceof RangeError ? new Unusable('times: not_a_time') : error;
  }
}

/** The period that a night belongs to: the open one, or a new one after what the last taught. Late commit times stay in the open one. */
function periodAt({ halfLifeDays }: ClosedHours, { recall, event }: Scene, key: string, night: string): Period {
  const now = event.timestamp;
  const known = recallKind(recall, key, 'period');
  const fresh = {
    kind: 'period',
    at: now,
    since: night,
    count: 0,
    total: 0,
    told: null,
    eventIds: [],
    sourceEventIds: [],
  } as const;
  if (!known) return { ...fresh, learned: 0 };
  const left = known.learned * fading(daysBetween(known.at, now), halfLifeDays);
  const at = later(known.at, now);
  if (night <= known.since) return { ...known, at, learned: left };
  return { ...fresh, at, learned: left + (known.told === null ? known.count : 0) };
}

function counted(period: Period, { event, context }: Scene, measure: Evaluate | null): Period {
  return {
    ...period,
    count: period.count + 1,
    total: period.total + (measure ? numberOf(measure(context), 'value') : 0),
    eventIds: bounded(period.eventIds, [event.eventId]),
    sourceEventIds: bounded(period.sourceEventIds, sourcesOf(event)),
  };
}

/** The row that an event is about comes first among its sources. */
const sourcesOf = ({ sourceEventIds }: BusinessEvent): readonly string[] => sourceEventIds.slice(0, 1);

const bounded = (ids: readonly string[], more: readonly string[]): readonly string[] =>
  [...ids, ...more].slice(0, EVENT_IDS_MAX);

interface Tail {
  readonly shape: number;
  readonly rate: number;
  readonly expected: number;
  readonly pValue: number;
}

function tailOf({ prior, halfLifeDays }: ClosedHours, { recall, event }: Scene, period: Period): Tail {
  const since = recallKind(recall, SINCE_KEY, 'since')?.at ?? event.timestamp;
  const shape = prior.rate * prior.strength + period.learned;
  const rate = prior.strength + fadedDays(daysBetween(since, event.timestamp), halfLifeDays);
  return {
    shape,
    rate,
    expected: shape / rate,
    pValue: Math.max(PROBABILITY_MIN, countTail(period.count, shape, rate)),
  };
}

function slotsOf(calendar: Calendar, place: string, period: Period, tail: Tail): Record<string, string> {
  const { open, close } = calendar.hours(place);
  return {
    count: String(period.count),
    total: printed(period.total),
    expected: String(Number(tail.expected.toPrecision(2))),
    odds: oddsOf(tail.pValue),
    since: period.since,
    open,
    close,
  };
}
