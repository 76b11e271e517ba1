import type { Random } from './random.ts';
import { momentWithin } from './shape.ts';
import { DAY_US, dateOfDay, HOUR_US, localDay, MINUTE_US, startOfDay } from './time.ts';
import { drawLot, type Step } from './trouble.ts';
import type { World } from './world.ts';

/** The span of a history: whole local days from `firstDay`, then the part of the last day before `until_us`. */
export type Span = { readonly firstDay: number; readonly until_us: number };

export type PlannedStep = { readonly at: number; readonly step: Step };

const DAYS_BETWEEN = 7;
/** A last day shorter than this holds no trouble of its own. */
const LEAST_PART_US = 30_000_000;
/** From here on a day that is not over can hold its loss and self-promotion. */
const LEAST_HOURS_US = HOUR_US / 2;
/** An admin undoes a self-promotion this many days later. */
const REVERSAL_DAYS = 2;
/** The earliest step of a trouble comes this many days before the trouble's own day. */
const DAYS_AHEAD = 2;
const THEFTS_LEAST = 4;
const THEFTS_MOST = 7;

/**
 * The trouble steps of one local day, in no order. They belong to troubles of the days around it: the thefts of a day begin
 * at 23:00 the night before, a shelf is filled the day before its loss (which may itself be the evening before), a
 * self-promotion is undone two days later.
 */
export function troubleSteps(world: World, random: Random, span: Span, day: number): PlannedStep[] {
  const from = startOfDay(day);
  const steps: PlannedStep[] = [];
  for (let other = day - REVERSAL_DAYS; other <= day + DAYS_AHEAD; other += 1) {
    if (hasTrouble(random, span, other)) steps.push(...planDay(world, random.fork(`trouble:${other}`), span, other));
  }
  return steps.filter(({ at }) => at >= from && at < from + DAY_US);
}

/** The last full day, the part of a day after it, and one day in each week before, three days apart at least. */
function hasTrouble(random: Random, span: Span, day: number): boolean {
  const today = localDay(span.until_us);
  if (day < span.firstDay || day > today) return false;
  if (day === today) return span.until_us - startOfDay(today) >= LEAST_PART_US;
  const daysBefore = today - 1 - day;
  if (daysBefore === 0) return true;
  const week = Math.floor((daysBefore - 1) / DAYS_BETWEEN);
  const chosen = random.fork(`trouble week:${week}`).integer(2, DAYS_BETWEEN - 1);
  return (daysBefore - 1) % DAYS_BETWEEN === chosen;
}

function planDay(world: World, random: Random, span: Span, day: number): PlannedStep[] {
  return [
    ...planThefts(world, random.fork('theft'), span, day),
    ...planLoss(world, random.fork('loss'), span, day),
    ...planSelfPromotion(world, random.fork('self promotion'), span, day),
  ];
}

/** 4 to 7 thefts from 23:00 to 03:00, at least half of them after midnight. */
function planThefts(world: World, random: Random, span: Span, day: number): PlannedStep[] {
  const lot = drawLot(world, random, `theft-${dateOfDay(day)}`);
  const midnight = startOfDay(day);
  const from = Math.max(midnight - HOUR_US, startOfDay(span.firstDay));
  const to = Math.min(midnight + 3 * HOUR_US, span.until_us - 5_000_000);
  const count = random.integer(THEFTS_LEAST, THEFTS_MOST);
  const times = Array.from({ length: count }, (_, index) =>
    Math.floor(index < count / 2 ? random.between(midnight, to) : random.between(from, to)),
  ).sort((a, b) => a - b);
  return times.map((at, index) => ({ at, step: { act: 'theft', lot, isLast: index === count - 1 } }));
}

function planLoss(world: World, random: Random, span: Span, day: number): PlannedStep[] {
  const lot = drawLot(world, random, `loss-${dateOfDay(day)}`);
  const at = dayMoment(random, span, day);
  const dayBefore = localDay(at) - 1;
  const isFirst = dayBefore < span.firstDay;
  const ordered = isFirst ? momentWithin(random, dayBefore + 1, 7, 7.3) : momentWithin(random, dayBefore, 10, 12);
  const arrives = isFirst ? momentWithin(random, dayBefore + 1, 7.5, 8) : momentWithin(random, dayBefore, 15, 17);
  return [
    { at: ordered, step: { act: 'rush_order', lot } },
    { at: arrives, step: { act: 'rush_delivery', lot } },
    { at, step: { act: 'loss', lot } },
  ];
}

function planSelfPromotion(world: World, random: Random, span: Span, day: number): PlannedStep[] {
  const lot = drawLot(world, random, `self-promotion-${dateOfDay(day)}`);
  return [
    { at: dayMoment(random, span, day), step: { act: 'self_promotion', lot } },
    { at: momentWithin(random, day + REVERSAL_DAYS, 9.5, 11), step: { act: 'reversal', lot } },
  ];
}

/** In opening hours; on a day that has barely begun at any time of it; before that late on the day before. */
function dayMoment(random: Random, span: Span, day: number): number {
  const start = startOfDay(day);
  const end = Math.min(start + 20.5 * HOUR_US, span.until_us - 5_000_000);
  if (end - start > 9 * HOUR_US) return Math.floor(random.between(start + 8.5 * HOUR_US, end));
  if (end - start >= LEAST_HOURS_US) return Math.floor(random.between(start + MINUTE_US, end));
  return Math.floor(random.between(start - 3 * HOUR_US, start - MINUTE_US));
}
