import { cheatOf, emptyShelf, orderGhost, receiveGhost, sellCheaply } from './fraud.ts';
import type { Planned, Span } from './plan.ts';
import type { Random } from './random.ts';
import { momentWithin } from './shape.ts';
import { DAY_US, dateOfDay, HOUR_US, MINUTE_US } from './time.ts';
import {
  drawLot,
  grantARole,
  lose,
  prepareLoss,
  promoteThemselves,
  receiveRush,
  steal,
  undoPromotion,
} from './trouble.ts';
import type { World } from './world.ts';

const DAYS_IN_WEEK = 7;
/** A last day shorter than this holds no trouble of its own. */
const LEAST_PART_US = 30_000_000;
/** From here on a day that is not over can hold its loss and self-promotion. */
const LEAST_HOURS_US = HOUR_US / 2;
/** An admin undoes a wrong promotion this many days later. */
const REVERSAL_DAYS = 2;
/** The earliest step of a trouble comes this many days before the trouble's own day. */
const DAYS_AHEAD = 2;
/** Nothing is planned later than this before the end. */
const END_MARGIN_US = 5_000_000;

type Dial = { readonly perWeek: number; readonly isRecent: boolean };
type PlanDay = (world: World, random: Random, span: Span, day: number) => Planned[];

/**
 * The kinds of trouble by their dials. Those of one `week` fall on the same days; `label` names the chance of each. A loss needs
 * a shelf that was filled before it, so the days of its week keep some distance.
 */
const KINDS = [
  { dial: 'afterHoursTheft', week: 'trouble', label: 'theft', plan: planThefts },
  { dial: 'largeLoss', week: 'trouble', label: 'loss', plan: planLoss },
  { dial: 'selfPromotion', week: 'trouble', label: 'self promotion', plan: planSelfPromotion },
  { dial: 'roleGrant', week: 'role grant', label: 'role grant', plan: planRoleGrant },
  { dial: 'zeroStock', week: 'zero stock', label: 'zero stock', plan: planZeroStock },
  { dial: 'discountAbuse', week: 'discount', label: 'discount', plan: planDiscounts },
  { dial: 'ghostReceipt', week: 'ghost', label: 'ghost', plan: planGhost },
] as const satisfies { dial: keyof World['scenario']['anomalies']; week: string; label: string; plan: PlanDay }[];

/**
 * The trouble steps of one local day, in no order. They belong to troubles of the days around it: the thefts of a day begin
 * at 23:00 the night before, a shelf is filled the day before its loss (which may itself be the evening before), a wrong
 * promotion is undone two days later.
 */
export function troubleSteps(world: World, random: Random, span: Span, day: number): Planned[] {
  const from = span.zone.startOf(day);
  const steps: Planned[] = [];
  for (const { dial, week, label, plan } of KINDS) {
    for (let other = day - REVERSAL_DAYS; other <= day + DAYS_AHEAD; other += 1) {
      if (!hasTrouble(random, span, world.scenario.anomalies[dial], week, other)) continue;
      steps.push(...plan(world, random.fork(`${week}:${other}`).fork(label), span, other));
    }
  }
  return steps.filter(({ at }) => at >= from && at < from + DAY_US);
}

/** The last full day and the part of a day after it, where they count, and days of each week before. */
function hasTrouble(random: Random, span: Span, { perWeek, isRecent }: Dial, week: string, day: number): boolean {
  const today = span.zone.day(span.until_us);
  if (day < span.firstDay || day > today) return false;
  if (day === today) return isRecent && span.until_us - span.zone.startOf(today) >= LEAST_PART_US;
  const daysBefore = today - 1 - day;
  if (daysBefore === 0) return isRecent;
  const number = Math.floor((daysBefore - 1) / DAYS_IN_WEEK);
  return daysOfWeek(random, perWeek, `${week} week:${number}`).has((daysBefore - 1) % DAYS_IN_WEEK);
}

/** So many days of a week, from the third on while that is room enough. */
function daysOfWeek(random: Random, perWeek: number, label: string): ReadonlySet<number> {
  const chance = random.fork(label);
  const days = new Set<number>();
  const part = perWeek % 1;
  const wanted = Math.floor(perWeek) + (part > 0 && random.fork(`${label} count`).chance(part) ? 1 : 0);
  const first = wanted > DAYS_IN_WEEK - 2 ? 0 : 2;
  while (days.size < wanted) days.add(chance.integer(first, DAYS_IN_WEEK - 1));
  return days;
}

/** Thefts from 23:00 to 03:00, at least half of them after midnight. */
function planThefts(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `theft-${dateOfDay(day)}`);
  const midnight = span.zone.startOf(day);
  const from = Math.max(midnight - HOUR_US, span.zone.startOf(span.firstDay));
  const to = Math.min(midnight + 3 * HOUR_US, span.until_us - END_MARGIN_US);
  const count = random.integer(...world.scenario.anomalies.afterHoursTheft.thefts);
  const times = Array.from({ length: count }, (_, index) =>
    Math.floor(index < count / 2 ? random.between(midnight, to) : random.between(from, to)),
  ).sort((a, b) => a - b);
  return times.map((at, index) => ({
    at,
    perform: (chance) => steal(world, chance, lot, at, index === count - 1),
  }));
}

function planLoss(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `loss-${dateOfDay(day)}`);
  const at = dayMoment(random, span, day);
  const dayBefore = span.zone.day(at) - 1;
  const isFirst = dayBefore < span.firstDay;
  const within = (from: number, to: number, later = 0) => momentWithin(span.zone, random, dayBefore + later, from, to);
  const ordered = isFirst ? within(7, 7.3, 1) : within(10, 12);
  const arrives = isFirst ? within(7.5, 8, 1) : within(15, 17);
  return [
    { at: ordered, perform: (_, now_us) => prepareLoss(world, lot, now_us) },
    { at: arrives, perform: (chance) => receiveRush(world, chance, lot) },
    { at, perform: (chance, now_us) => lose(world, chance, lot, now_us) },
  ];
}

function planSelfPromotion(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `self-promotion-${dateOfDay(day)}`);
  return [
    { at: dayMoment(random, span, day), perform: () => promoteThemselves(world, lot) },
    reversal(world, random, span, day, lot),
  ];
}

function planRoleGrant(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `role-grant-${dateOfDay(day)}`);
  return [
    { at: momentWithin(span.zone, random, day, 0.2, 3.5), perform: () => grantARole(world, lot) },
    reversal(world, random, span, day, lot),
  ];
}

function reversal(world: World, random: Random, span: Span, day: number, lot: ReturnType<typeof drawLot>): Planned {
  return {
    at: momentWithin(span.zone, random, day + REVERSAL_DAYS, 9.5, 11),
    perform: (chance) => undoPromotion(world, chance, lot),
  };
}

/** One hot product after another, within minutes. */
function planZeroStock(world: World, random: Random, span: Span, day: number): Planned[] {
  const { products, ranks } = world.scenario.anomalies.zeroStock;
  const lot = drawLot(world, random, `zero-stock-${dateOfDay(day)}`);
  const from = dayMoment(random, span, day);
  const chosen = new Set(Array.from({ length: random.integer(...products) }, () => random.integer(...ranks)));
  return [...chosen].map((rank, index) => ({
    at: from + index * MINUTE_US,
    perform: () => emptyShelf(world, lot, rank, index === chosen.size - 1),
  }));
}

function planDiscounts(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `discount-${dateOfDay(day)}`);
  const cashier = cheatOf(world, lot);
  if (cashier === undefined) return [];
  const count = random.integer(...world.scenario.anomalies.discountAbuse.sales);
  const times = Array.from({ length: count }, () => dayMoment(random, span, day)).sort((a, b) => a - b);
  return times.map((at, index) => ({
    at,
    perform: (chance) => sellCheaply(world, chance, { lot, cashier }, at, index === count - 1),
  }));
}

function planGhost(world: World, random: Random, span: Span, day: number): Planned[] {
  const lot = drawLot(world, random, `ghost-${dateOfDay(day)}`);
  return [
    {
      at: momentWithin(span.zone, random, day, 9, 11),
      perform: (chance, now_us) => orderGhost(world, chance, lot, now_us),
    },
    { at: momentWithin(span.zone, random, day, 14, 17), perform: (chance) => receiveGhost(world, chance, lot) },
  ];
}

/** In opening hours; on a day that has barely begun at any time of it; before that late on the day before. */
function dayMoment(random: Random, span: Span, day: number): number {
  const start = span.zone.startOf(day);
  const end = Math.min(start + 20.5 * HOUR_US, span.until_us - END_MARGIN_US);
  if (end - start > 9 * HOUR_US) return Math.floor(random.between(start + 8.5 * HOUR_US, end));
  if (end - start >= LEAST_HOURS_US) return Math.floor(random.between(start + MINUTE_US, end));
  return Math.floor(random.between(start - 3 * HOUR_US, start - MINUTE_US));
}
