import { cheatOf, emptyShelf, orderGhost, receiveGhost, sellCheaply } from './fraud.ts';
import { changeAPrice, changeARole, hire } from './office.ts';
import { orderMostNeeded, settleOrder } from './orders.ts';
import { makeRandom, makeSampler, type Random, type Sampler } from './random.ts';
import { adjustOrdinarily, sell } from './shop.ts';
import { HOUR_US, type Zone } from './time.ts';
import type { Deed, Transaction } from './transaction.ts';
import {
  drawLot,
  grantARole,
  type Lot,
  lose,
  prepareLoss,
  promoteThemselves,
  receiveRush,
  steal,
  undoPromotion,
} from './trouble.ts';
import { must, type World } from './world.ts';

export type LiveOptions = {
  readonly seed: string;
  /** One trouble of each kind in each so many transactions, or as many as those take; the first ones come within 200. 0: no trouble. */
  readonly troubleEvery: number;
  /** Keeps the ids of this run's troubles apart from those of others, for example the instant of its start. */
  readonly run: string;
};

/** The next transaction of the business at this instant of the wall clock; it carries no commit time of its own. */
export type Live = (now_us: number) => Transaction;

/** The first troubles come at least this early. */
const FIRST_TROUBLE_TRANSACTIONS = 200;
/** Every so many transactions somebody looks after a delivery or a branch's shelves. */
const RESTOCK_EVERY = 15;
/** Of a hundred thousand transactions in opening hours; the rest are sales. */
const OFFICE_SHARES = { price_change: 0.001, role_change: 0.0002, hire: 0.0001 } as const;
/** Branches tried for a sale before shelves are taken to be empty everywhere. */
const SALE_ATTEMPTS = 50;

type DueStep = { readonly after: number; readonly perform: (random: Random, now_us: number) => Deed | undefined };

/**
 * The business at the wall clock. The order of deeds follows from the world, the seed and the instants asked for. Round the
 * clock it sells and restocks; corrections by hand and the office's work keep to opening hours, so that what happens out
 * of hours is trouble.
 */
export function makeLive(world: World, options: LiveOptions): Live {
  const random = makeRandom(options.seed).fork(`live:${world.nextId.sale}`);
  const branchSampler = makeSampler(world.shares);
  const troubles = makeTroubleQueue(world, random.fork('trouble'), options);
  let count = 0;
  return (now_us) => {
    count += 1;
    const deed =
      troubles(count, now_us) ??
      (count % RESTOCK_EVERY === 0 ? restock(world, random, count / RESTOCK_EVERY, now_us) : undefined) ??
      (isOpen(world, now_us) ? seldom(world, random, branchSampler, now_us) : undefined) ??
      sellSomewhere(world, random, branchSampler, now_us);
    return { at: undefined, ...deed };
  };
}

/** The local time that a thief of the live stream writes down: now, if it is night, else a moment of last night. */
export function nightMoment(zone: Zone, random: Random, now_us: number): number {
  const hour = zone.hour(now_us);
  if (hour >= 23 || hour < 3) return now_us;
  return Math.floor(zone.startOf(zone.day(now_us)) + random.between(-HOUR_US, 3 * HOUR_US - 1));
}

function isOpen({ zone, scenario }: World, now_us: number): boolean {
  const hour = zone.hour(now_us);
  return hour >= scenario.opens && hour < scenario.closes;
}

function makeTroubleQueue(world: World, random: Random, options: LiveOptions) {
  const queue: DueStep[] = [];
  let cycle = 0;
  let begins = 0;
  const next = (count: number, now_us: number): Deed | undefined => {
    if (options.troubleEvery === 0) return undefined;
    if (count > begins && queue.length === 0) {
      cycle += 1;
      queue.push(...planCycle(world, random, options, { cycle, begins }));
      begins += options.troubleEvery;
    }
    for (let due = queue[0]; due !== undefined && due.after <= count; due = queue[0]) {
      queue.shift();
      const deed = due.perform(random, now_us);
      if (deed !== undefined) return deed;
    }
    return undefined;
  };
  return next;
}

/** What a kind of trouble is planned with. */
type Plan = {
  readonly world: World;
  readonly random: Random;
  /** What chance gave to the trouble of that label in this cycle. */
  readonly lotOf: (label: string) => Lot;
  /** Draws after how many transactions something is due, between two shares of the cycle. */
  readonly within: (from: number, to: number) => number;
};

/** The kinds by their dials: what the scenario does not make, the live stream does not either. */
const KINDS = {
  afterHoursTheft: planThefts,
  largeLoss: planLoss,
  selfPromotion: planSelfPromotion,
  roleGrant: planRoleGrant,
  zeroStock: planZeroStock,
  discountAbuse: planDiscounts,
  ghostReceipt: planGhost,
} as const satisfies { [Dial in keyof World['scenario']['anomalies']]: (plan: Plan) => DueStep[] };

/** The steps of one cycle, in the order in which they are due. */
function planCycle(
  world: World,
  random: Random,
  { troubleEvery, run }: LiveOptions,
  { cycle, begins }: { readonly cycle: number; readonly begins: number },
): DueStep[] {
  const length = cycle === 1 ? Math.min(troubleEvery, FIRST_TROUBLE_TRANSACTIONS) : troubleEvery;
  const plan: Plan = {
    world,
    random,
    lotOf: (label) => drawLot(world, random, `live-${label}-${run}-${cycle}`),
    within: (from, to) => begins + Math.floor(length * random.between(from, to)),
  };
  return typedEntries(KINDS)
    .flatMap(([dial, steps]) => (world.scenario.anomalies[dial].perWeek > 0 ? steps(plan) : []))
    .sort((a, b) => a.after - b.after);
}

const typedEntries = <Key extends string, Value>(record: Readonly<Record<Key, Value>>): [Key, Value][] =>
  Object.entries(record) as [Key, Value][];

function planLoss({ world, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('loss');
  return [
    { after: within(0.02, 0.05), perform: (_, now_us) => prepareLoss(world, lot, now_us) },
    { after: within(0.08, 0.12), perform: (chance) => receiveRush(world, chance, lot) },
    { after: within(0.65, 0.9), perform: (chance, now_us) => lose(world, chance, lot, now_us) },
  ];
}

function planSelfPromotion({ world, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('self-promotion');
  return [
    { after: within(0.15, 0.3), perform: () => promoteThemselves(world, lot) },
    { after: within(0.92, 0.99), perform: (chance) => undoPromotion(world, chance, lot) },
  ];
}

function planRoleGrant({ world, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('role-grant');
  return [
    { after: within(0.3, 0.5), perform: () => grantARole(world, lot) },
    { after: within(0.92, 0.99), perform: (chance) => undoPromotion(world, chance, lot) },
  ];
}

function planGhost({ world, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('ghost');
  return [
    { after: within(0.1, 0.2), perform: (chance, now_us) => orderGhost(world, chance, lot, now_us) },
    { after: within(0.5, 0.7), perform: (chance) => receiveGhost(world, chance, lot) },
  ];
}

function planThefts({ world, random, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('theft');
  const count = random.integer(...world.scenario.anomalies.afterHoursTheft.thefts);
  const at = (chance: Random, now_us: number) => nightMoment(world.zone, chance, now_us);
  return dueTimes(count, () => within(0.35, 0.6)).map((after, index) => ({
    after,
    perform: (chance, now_us) => steal(world, chance, lot, at(chance, now_us), index === count - 1),
  }));
}

/** One hot product right after another. */
function planZeroStock({ world, random, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('zero-stock');
  const { products, ranks } = world.scenario.anomalies.zeroStock;
  const chosen = [...new Set(Array.from({ length: random.integer(...products) }, () => random.integer(...ranks)))];
  const after = within(0.7, 0.85);
  return chosen.map((rank, index) => ({
    after,
    perform: () => emptyShelf(world, lot, rank, index === chosen.length - 1),
  }));
}

function planDiscounts({ world, random, lotOf, within }: Plan): DueStep[] {
  const lot = lotOf('discount');
  const cashier = cheatOf(world, lot);
  if (cashier === undefined) return [];
  const count = random.integer(...world.scenario.anomalies.discountAbuse.sales);
  return dueTimes(count, () => within(0.05, 0.9)).map((after, index) => ({
    after,
    perform: (chance, now_us) => sellCheaply(world, chance, { lot, cashier }, now_us, index === count - 1),
  }));
}

const dueTimes = (count: number, draw: () => number): number[] =>
  Array.from({ length: count }, draw).sort((a, b) => a - b);

/** By turns: the oldest order on its way arrives, or the next branch orders what it needs most. */
function restock(world: World, random: Random, turn: number, now_us: number): Deed | undefined {
  const oldest = world.pending.find((order) => order.rushFor === undefined);
  if (turn % 2 === 0 && oldest !== undefined) return settleOrder(world, random, oldest);
  return orderMostNeeded(world, Math.floor(turn / 2) % world.branches.length, now_us);
}

function seldom(world: World, random: Random, branchSampler: Sampler, now_us: number): Deed | undefined {
  const drawn = random.unit();
  let edge = world.scenario.adjustments.shareOfSales;
  if (drawn < edge) return adjustOrdinarily(world, random, branchSampler(random), now_us);
  edge += OFFICE_SHARES.price_change;
  if (drawn < edge) return changeAPrice(world, random);
  edge += OFFICE_SHARES.role_change;
  if (drawn < edge) return changeARole(world, random);
  edge += OFFICE_SHARES.hire;
  return drawn < edge ? hire(world, random) : undefined;
}

function sellSomewhere(world: World, random: Random, branchSampler: Sampler, now_us: number): Deed {
  for (let attempt = 0; attempt < SALE_ATTEMPTS; attempt += 1) {
    const deed = sell(world, random, branchSampler(random), now_us);
    if (deed !== undefined) return deed;
  }
  const [waiting] = world.pending;
  must(waiting !== undefined, 'every shelf is empty and no order is on its way');
  return settleOrder(world, random, waiting);
}
