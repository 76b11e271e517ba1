import type { Random } from './random.ts';
import { dayOfMonth, HOUR_US, startOfDay, weekday } from './time.ts';

export const OPENING_HOUR = 8;
export const CLOSING_HOUR = 21;
const OPEN_HOURS = CLOSING_HOUR - OPENING_HOUR;

/** Share of a day's sales by the hour from opening, with its peaks at 10 to 13 and 17 to 20; the mean is 1. */
const HOUR_SHAPE = scaledToMean1([0.5, 0.8, 1.35, 1.45, 1.3, 0.85, 0.65, 0.7, 0.95, 1.4, 1.5, 1.25, 0.6]);
/** By weekday from Sunday; the mean is 1. */
const WEEKDAY_SHAPE = scaledToMean1([0.75, 1, 0.95, 0.95, 1, 1.1, 1.2]);
const PAYDAY_FACTOR = 1.2;

/** Overdispersion: a branch's whole day and each of its hours vary around what is expected of them. */
const DAY_SPREAD_SHAPE = 60;
const HOUR_SPREAD_SHAPE = 15;

/** Sales that a branch with this share of the chain expects in one local hour, before chance. */
export function expectedSales(chainSalesPerDay: number, share: number, day: number, hour: number): number {
  const byHour = HOUR_SHAPE[hour - OPENING_HOUR] ?? 0;
  return ((chainSalesPerDay * share * byHour) / OPEN_HOURS) * dayFactor(day);
}

/** Weekday shape and payday: the 15th, the month's last day and the day after each. */
function dayFactor(day: number): number {
  const date = dayOfMonth(day);
  const isPayday = date === 15 || date === 16 || date === 1 || dayOfMonth(day + 1) === 1;
  return (WEEKDAY_SHAPE[weekday(day)] ?? 1) * (isPayday ? PAYDAY_FACTOR : 1);
}

/** The day's own luck of a branch; the same whenever it is asked for. */
export function dayLuck(random: Random, day: number, branchId: number): number {
  return random.fork(`luck:${day}:${branchId}`).around1(DAY_SPREAD_SHAPE);
}

export function hourLuck(random: Random): number {
  return random.around1(HOUR_SPREAD_SHAPE);
}

/** A moment within hours of the local clock, for example 9 to 18.5. */
export function momentWithin(random: Random, day: number, fromHour: number, toHour: number): number {
  return Math.floor(startOfDay(day) + random.between(fromHour, toHour) * HOUR_US);
}

function scaledToMean1(shape: readonly number[]): number[] {
  const mean = shape.reduce((sum, each) => sum + each, 0) / shape.length;
  return shape.map((each) => each / mean);
}
