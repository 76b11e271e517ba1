import type { Branch } from './catalogue.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { dayOfMonth, HOUR_US, weekday, type Zone } from './time.ts';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** When people come: what a branch expects of an hour, and the luck that moves it. */
export type Shape = {
  /** Sales that a branch with this share of the chain expects in the local hour that begins at an instant, before chance. */
  readonly expectedSales: (branch: Branch, share: number, from_us: number) => number;
  /** The day's own luck of a branch, by its place; the same whenever it is asked for. */
  readonly dayLuck: (random: Random, day: number, branch: number) => number;
  readonly hourLuck: (random: Random) => number;
};

export function makeShape({ salesPerDay, shape, opens, closes }: Scenario): Shape {
  const isOpen = (_: number, hour: number): boolean => hour >= opens && hour < closes;
  const byHour = scaledToMean1(shape.byHour, shape.byHour.filter(isOpen));
  const weekdays = WEEKDAYS.map((name) => shape.byWeekday[name]);
  const byWeekday = scaledToMean1(weekdays, weekdays);
  const isPayday = (day: number): boolean =>
    shape.payday.days.some((date) => (date === 'last' ? dayOfMonth(day + 1) === 1 : date === dayOfMonth(day)));
  const dayFactor = (day: number): number => (byWeekday[weekday(day)] ?? 1) * (isPayday(day) ? shape.payday.factor : 1);
  return {
    expectedSales: (branch, share, from_us) => {
      const hour = branch.zone.hour(from_us);
      if (hour < branch.opens || hour >= branch.closes) return 0;
      return ((salesPerDay * share * (byHour[hour] ?? 0)) / (closes - opens)) * dayFactor(branch.zone.day(from_us));
    },
    dayLuck: (random, day, branch) => random.fork(`luck:${day}:${branch}`).around1(shape.overdispersion.day),
    hourLuck: (random) => random.around1(shape.overdispersion.hour),
  };
}

/** A moment within hours of the local clock, for example 9 to 18.5. */
export function momentWithin(zone: Zone, random: Random, day: number, fromHour: number, toHour: number): number {
  return Math.floor(zone.startOf(day) + random.between(fromHour, toHour) * HOUR_US);
}

/** Scaled so that the mean of `reference` becomes 1. */
function scaledToMean1(shape: readonly number[], reference: readonly number[]): number[] {
  const mean = reference.reduce((sum, each) => sum + each, 0) / reference.length;
  return shape.map((each) => each / mean);
}
