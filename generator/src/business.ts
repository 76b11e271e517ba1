import { found } from './founding.ts';
import { addSupplier, changeAPrice, changeARole, deactivate, hire, undoSelfPromotion } from './office.ts';
import { orderWhatRunsLow, settleOrder } from './orders.ts';
import { makeRandom, type Random } from './random.ts';
import { CLOSING_HOUR, dayLuck, expectedSales, hourLuck, momentWithin, OPENING_HOUR } from './shape.ts';
import { adjustOrdinarily, sell } from './shop.ts';
import { HOUR_US, localDay, MINUTE_US, SECOND_US, startOfDay, weekday } from './time.ts';
import type { Deed, Transaction } from './transaction.ts';
import { lose, prepareLoss, promoteThemselves, receiveRush, type Step, steal } from './trouble.ts';
import { type Span, troubleSteps } from './trouble-calendar.ts';
import type { PendingOrder, World } from './world.ts';

export type HistoryOptions = {
  readonly seed: string;
  /** Whole local days; the elapsed part of `until`'s own day comes on top. */
  readonly days: number;
  readonly until_us: number;
  readonly salesPerDay: number;
};

/** Manual adjustments as a share of sales. */
export const ADJUSTMENT_SHARE = 0.015;

/** What the office does on a working day, in the mean over the chain. */
const OFFICE_DAY = [
  ['price_change', 3],
  ['role_change', 0.8],
  ['hire', 0.12],
  ['leave', 0.1],
  ['supplier', 0.04],
] as const;

/** The static data begin this long before the first day. */
const FOUNDING_LEAD_US = 10 * MINUTE_US;
/** Nothing is begun later than this before the end, so that nothing is committed after it. */
const END_MARGIN_US = 5 * SECOND_US;
/** Orders that one decision places follow each other at this distance. */
const DEED_GAP_US = 20_000;

type Planned =
  | { readonly at: number; readonly kind: 'sale' | 'adjustment' | 'orders'; readonly branch: number }
  | { readonly at: number; readonly kind: (typeof OFFICE_DAY)[number][0] }
  | { readonly at: number; readonly kind: 'delivery'; readonly order: PendingOrder }
  | { readonly at: number; readonly kind: 'trouble'; readonly step: Step };

/** Where a history begins and ends. */
export function spanOf(options: Pick<HistoryOptions, 'days' | 'until_us'>): Span {
  return { firstDay: localDay(options.until_us) - options.days, until_us: options.until_us };
}

/**
 * The whole business from its founding to `until`, as transactions with strictly rising commit times, none after `until`.
 * A function of its options alone. Lazy: it plans an hour ahead and holds no more than that and the world.
 */
export function* history(options: HistoryOptions): Generator<Transaction, World> {
  const random = makeRandom(options.seed);
  const span = spanOf(options);
  const { world, deeds } = found(random, options.salesPerDay, span.firstDay);
  const stamp = makeStamp();
  let at = startOfDay(span.firstDay) - FOUNDING_LEAD_US;
  for (const deed of deeds) {
    yield stamp(deed, at);
    at += SECOND_US;
  }
  for (let day = span.firstDay; day <= localDay(span.until_us); day += 1) {
    yield* businessDay(world, random, span, day, stamp);
  }
  return world;
}

type Stamp = ReturnType<typeof makeStamp>;

/** Gives each deed its commit time, moved on where it would not rise. */
function makeStamp() {
  let last_us = 0;
  const stamp = (deed: Deed, at: number): Transaction => {
    last_us = Math.max(at, last_us + 1);
    return { at: BigInt(last_us), ...deed };
  };
  return stamp;
}

function* businessDay(world: World, random: Random, span: Span, day: number, stamp: Stamp): Generator<Transaction> {
  const wholeDay = [...officeDay(world, random.fork(`office:${day}`), day), ...morningOrders(world, random, day)];
  for (const planned of troubleSteps(world, random, span, day)) wholeDay.push({ kind: 'trouble', ...planned });
  for (let hour = 0; hour < 24; hour += 1) {
    const from = startOfDay(day) + hour * HOUR_US;
    const to = Math.min(from + HOUR_US, span.until_us - END_MARGIN_US);
    const chance = random.fork(`hour:${day}:${hour}`);
    const agenda: Planned[] = wholeDay.filter((each) => each.at >= from && each.at < from + HOUR_US);
    agenda.push(...deliveriesDue(world, from + HOUR_US), ...customers(world, random, chance, day, hour));
    agenda.sort((a, b) => a.at - b.at);
    for (const planned of agenda) {
      if (planned.at >= to) break;
      for (const [index, deed] of perform(world, chance, planned).entries()) {
        yield stamp(deed, planned.at + index * DEED_GAP_US);
      }
    }
  }
}

function perform(world: World, random: Random, planned: Planned): Deed[] {
  switch (planned.kind) {
    case 'sale':
      return some(sell(world, random, planned.branch, planned.at));
    case 'adjustment':
      return some(adjustOrdinarily(world, random, planned.branch, planned.at));
    case 'orders':
      return orderWhatRunsLow(world, random, planned.branch, planned.at, arrival(localDay(planned.at)));
    case 'delivery':
      return [settleOrder(world, random, planned.order)];
    case 'trouble':
      return some(performStep(world, random, planned.step, planned.at));
    default:
      return some(OFFICE[planned.kind](world, random));
  }
}

const OFFICE = {
  price_change: changeAPrice,
  role_change: changeARole,
  hire,
  leave: deactivate,
  supplier: addSupplier,
} as const satisfies Record<string, (world: World, random: Random) => Deed | undefined>;

/** One act of a trouble at its moment; `theft_us` is the time a thief writes down, if not that moment. */
export function performStep(
  world: World,
  random: Random,
  step: Step,
  now_us: number,
  theft_us = now_us,
): Deed | undefined {
  switch (step.act) {
    case 'theft':
      return steal(world, random, step.lot, theft_us, step.isLast);
    case 'rush_order':
      return prepareLoss(world, step.lot, now_us);
    case 'rush_delivery':
      return receiveRush(world, random, step.lot);
    case 'loss':
      return lose(world, random, step.lot, now_us);
    case 'self_promotion':
      return promoteThemselves(world, step.lot);
    case 'reversal':
      return undoSelfPromotion(world, random, step.lot.id);
  }
}

/** Sales and adjustments of one open hour over all branches: gamma-Poisson counts, spread evenly over the hour. */
function customers(world: World, random: Random, chance: Random, day: number, hour: number): Planned[] {
  if (hour < OPENING_HOUR || hour >= CLOSING_HOUR) return [];
  const planned: Planned[] = [];
  for (const [branch, share] of world.shares.entries()) {
    const expected =
      expectedSales(world.salesPerDay, share, day, hour) * dayLuck(random, day, branch) * hourLuck(chance);
    const arrive = (kind: 'sale' | 'adjustment', count: number): void => {
      for (let left = count; left > 0; left -= 1)
        planned.push({ kind, branch, at: momentWithin(chance, day, hour, hour + 1) });
    };
    arrive('sale', chance.poisson(expected));
    arrive('adjustment', chance.poisson(expected * ADJUSTMENT_SHARE));
  }
  return planned;
}

function deliveriesDue(world: World, before_us: number): Planned[] {
  return world.pending
    .filter((order) => order.due_us !== undefined && order.due_us < before_us)
    .map((order) => ({ kind: 'delivery', order, at: order.due_us ?? before_us }));
}

function morningOrders(world: World, random: Random, day: number): Planned[] {
  const chance = random.fork(`orders:${day}`);
  return world.branches.map((_, branch) => ({ kind: 'orders', branch, at: momentWithin(chance, day, 7.25, 8.5) }));
}

/** An order placed in the morning comes that afternoon or the next morning. */
function arrival(day: number): (random: Random) => number {
  return (random) => (random.chance(0.6) ? momentWithin(random, day, 14, 18) : momentWithin(random, day + 1, 9, 12));
}

/** Nobody is in the office on Sundays. */
function officeDay(world: World, random: Random, day: number): Planned[] {
  if (weekday(day) === 0 || world.branches.length === 0) return [];
  return OFFICE_DAY.flatMap(([kind, mean]) =>
    Array.from({ length: random.poisson(mean) }, () => ({ kind, at: momentWithin(random, day, 9, 18) })),
  );
}

function some(deed: Deed | undefined): Deed[] {
  return deed === undefined ? [] : [deed];
}
