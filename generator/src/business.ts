import { found } from './founding.ts';
import { harmlessSteps, launchesOf, planWaves } from './harmless-calendar.ts';
import { addSupplier, changeAPrice, changeARole, deactivate, hire } from './office.ts';
import { type DueTime, orderWhatRunsLow, settleOrder } from './orders.ts';
import type { Planned, Span } from './plan.ts';
import { makeRandom, type Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { momentWithin } from './shape.ts';
import { adjustOrdinarily, sell } from './shop.ts';
import { HOUR_US, MINUTE_US, makeZone, SECOND_US, weekday, type Zone } from './time.ts';
import type { Deed, Transaction } from './transaction.ts';
import { troubleSteps } from './trouble-calendar.ts';
import { UNUSUAL } from './unusual.ts';
import { wavesAt } from './waves.ts';
import { branchAt, type World } from './world.ts';

export type HistoryOptions = {
  readonly scenario: Scenario;
  /** Where it ends: `scenario.until`, or the instant that it calls now. */
  readonly until_us: number;
};

const OFFICE = {
  priceChanges: changeAPrice,
  roleChanges: changeARole,
  hires: hire,
  leaves: deactivate,
  suppliers: addSupplier,
} as const satisfies Record<keyof Scenario['office'], (world: World, random: Random) => Deed | undefined>;

/** The static data begin this long before the first day. */
const FOUNDING_LEAD_US = 10 * MINUTE_US;
/** Nothing is begun later than this before the end, so that nothing is committed after it. */
const END_MARGIN_US = 5 * SECOND_US;
/** Orders that one decision places follow each other at this distance. */
const DEED_GAP_US = 20_000;

/** Where a history begins and ends: its whole days, then the elapsed part of the end's own day. */
export function spanOf({ scenario, until_us }: HistoryOptions): Span {
  const zone = makeZone(scenario.timeZone);
  return { firstDay: zone.day(until_us) - scenario.days, until_us, zone };
}

/**
 * The whole business from its founding to `until`, as transactions with strictly rising commit times, none after `until`.
 * A function of its options alone. Lazy: it plans an hour ahead and holds no more than that and the world.
 */
export function* history(options: HistoryOptions): Generator<Transaction, World> {
  const { scenario } = options;
  const random = makeRandom(scenario.seed);
  const span = spanOf(options);
  const { world, deeds } = found(random, scenario, launchesOf(scenario, span), span.firstDay);
  world.waves = planWaves(world, random, span);
  const stamp = makeStamp();
  let at = span.zone.startOf(span.firstDay) - FOUNDING_LEAD_US;
  for (const deed of deeds) {
    yield stamp(deed, at);
    at += SECOND_US;
  }
  for (let day = span.firstDay; day <= span.zone.day(span.until_us); day += 1) {
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
  const wholeDay = [
    ...officeDay(world, random.fork(`office:${day}`), day),
    ...morningOrders(world, random, day),
    ...troubleSteps(world, random, span, day),
    ...harmlessSteps(world, random, span, day),
    ...unusualDay(world, random.fork(`unusual:${day}`), day),
  ];
  const [start, end] = [span.zone.startOf(day), span.zone.startOf(day + 1)];
  for (let from = start, hour = 0; from < end; from += HOUR_US, hour += 1) {
    const to = Math.min(from + HOUR_US, span.until_us - END_MARGIN_US);
    const chance = random.fork(`hour:${day}:${hour}`);
    world.wavesNow = wavesAt(world.waves, from);
    const agenda = wholeDay.filter((each) => each.at >= from && each.at < from + HOUR_US);
    agenda.push(...deliveriesDue(world, from + HOUR_US), ...customers(world, random, chance, day, hour));
    agenda.sort((a, b) => a.at - b.at);
    for (const { at, perform } of agenda) {
      if (at >= to) break;
      for (const [index, deed] of listOf(perform(chance, at)).entries()) yield stamp(deed, at + index * DEED_GAP_US);
    }
  }
}

function listOf(done: ReturnType<Planned['perform']>): readonly Deed[] {
  if (done === undefined) return [];
  return 'act' in done ? [done] : done;
}

/** Sales and adjustments of one hour of the chain's clock over all branches: gamma-Poisson counts where it is open, spread evenly over the hour. */
function customers(world: World, random: Random, chance: Random, day: number, hour: number): Planned[] {
  const { shape, scenario } = world;
  const from = world.zone.startOf(day) + hour * HOUR_US;
  const crowd = world.wavesNow.reduce((factor, wave) => factor * wave.customers, 1);
  const planned: Planned[] = [];
  for (const [branch, share] of world.shares.entries()) {
    const usual = shape.expectedSales(branchAt(world, branch), share, from);
    if (usual === 0) continue;
    const expected = usual * shape.dayLuck(random, day, branch) * shape.hourLuck(chance) * crowd;
    const arrive = (count: number, deed: typeof sell | typeof adjustOrdinarily): void => {
      for (let left = count; left > 0; left -= 1) {
        const at = momentWithin(world.zone, chance, day, hour, hour + 1);
        planned.push({ at, perform: (now, now_us) => deed(world, now, branch, now_us) });
      }
    };
    arrive(chance.poisson(expected), sell);
    arrive(chance.poisson(expected * scenario.adjustments.shareOfSales), adjustOrdinarily);
  }
  return planned;
}

function deliveriesDue(world: World, before_us: number): Planned[] {
  return world.pending
    .filter((order) => order.due_us !== undefined && order.due_us < before_us)
    .map((order) => ({
      at: order.due_us ?? before_us,
      perform: (random) => settleOrder(world, random, order),
    }));
}

/** By the clock of each branch. */
function morningOrders(world: World, random: Random, day: number): Planned[] {
  const chance = random.fork(`orders:${day}`);
  return world.branches.map(({ zone }, branch) => ({
    at: momentWithin(zone, chance, day, 7.25, 8.5),
    perform: (now, now_us) =>
      orderWhatRunsLow(world, now, branch, now_us, arrival(zone, zone.day(now_us), world.scenario.orders.sameDayShare)),
  }));
}

/** An order placed in the morning comes that afternoon or the next morning. */
function arrival(zone: Zone, day: number, sameDayShare: number): DueTime {
  return (random) =>
    random.chance(sameDayShare) ? momentWithin(zone, random, day, 14, 18) : momentWithin(zone, random, day + 1, 9, 12);
}

/** Nobody is in the office on Sundays. */
function officeDay(world: World, random: Random, day: number): Planned[] {
  if (weekday(day) === 0) return [];
  const kinds = Object.keys(OFFICE) as (keyof typeof OFFICE)[];
  return kinds.flatMap((kind) =>
    Array.from({ length: random.poisson(world.scenario.office[kind]) }, () => ({
      at: momentWithin(world.zone, random, day, 9, 18),
      perform: (now: Random) => OFFICE[kind](world, now),
    })),
  );
}

function unusualDay(world: World, random: Random, day: number): Planned[] {
  const { opens, closes, unusual } = world.scenario;
  const kinds = Object.keys(UNUSUAL) as (keyof typeof UNUSUAL)[];
  return kinds.flatMap((kind) =>
    Array.from({ length: random.poisson(unusual[kind]) }, () => ({
      at: momentWithin(world.zone, random, day, opens, closes),
      perform: (now: Random, now_us: number) => UNUSUAL[kind](world, now, now_us),
    })),
  );
}
