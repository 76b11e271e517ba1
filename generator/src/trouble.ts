import { ROLE, type User } from './catalogue.ts';
import { anAdmin, setRole } from './office.ts';
import { orderInARush, settleOrder } from './orders.ts';
import type { Random } from './random.ts';
import { adjust, drawProduct } from './shop.ts';
import type { Deed, TroubleMark } from './transaction.ts';
import { branchAt, productAt, staffOf, stockOf, type World } from './world.ts';

/** What a rush order adds to the least loss, beyond two days' sales. */
const RUSH_UNITS = 80;
/** The loss strikes a product that people buy, but not one that runs through the shelf in a day. */
const LOSS_RANKS = [20, 80] as const;
const THEFT_CANDIDATES = 6;

/** What chance decided of a trouble when it was planned; who and what it means is settled when it happens. */
export type Lot = { readonly id: string; readonly branch: number; readonly rank: number; readonly actor: number };

export function drawLot(world: World, random: Random, id: string): Lot {
  const branch = random.integer(0, world.branches.length - 1);
  return { id, branch, rank: random.integer(...LOSS_RANKS), actor: random.unit() };
}

/**
 * Stock written off as stolen, out of hours; `theft_us` is the time the thief writes down. Undefined if the branch has
 * nobody or nothing to steal.
 */
export function steal(world: World, random: Random, lot: Lot, theft_us: number, isLast: boolean): Deed | undefined {
  const user = actorOf(staffOf(world, lot.branch, ROLE.manager, ROLE.cashier), lot);
  const product = dearestOf(world, random, lot.branch);
  if (user === undefined || product === undefined) return undefined;
  const wanted = random.integer(...world.scenario.anomalies.afterHoursTheft.units);
  const units = Math.min(stockOf(world, lot.branch, product), wanted);
  const { branch } = lot;
  const notes = 'missing at night check';
  const deed = adjust(world, { branch, product, change: -units, reason: 'THEFT', user, adjusted_us: theft_us, notes });
  const { id: branch_id, zone } = branchAt(world, branch);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'branch', kind: 'after_hours_theft', isAnomaly: true },
    ...{ entity: { type: 'branch', id: branch_id }, branch_id, weight: units, unit: 'units', isLast },
    keys: {
      adjust_id: deed.adjust_id,
      product_id: productAt(world, product).id,
      adjusted_by_user_id: user.id,
      adjusted_at: zone.dateTime(theft_us),
    },
  };
  return { ...deed, trouble };
}

/** Makes sure, well before a loss, that there is enough to lose. */
export function prepareLoss(world: World, lot: Lot, now_us: number): Deed | undefined {
  const rush = {
    branch: lot.branch,
    product: productOf(world, lot),
    units: world.scenario.anomalies.largeLoss.leastUnits + RUSH_UNITS,
  };
  return orderInARush(world, { ...rush, rushFor: lot.id }, now_us);
}

export function receiveRush(world: World, random: Random, lot: Lot): Deed | undefined {
  const order = world.pending.find((each) => each.rushFor === lot.id);
  return order && settleOrder(world, random, order);
}

/** One adjustment takes most of a full shelf, without a sale, and who makes it signs it too. Undefined if no shelf of the branch is full enough. */
export function lose(world: World, random: Random, lot: Lot, now_us: number): Deed | undefined {
  const { leastShare, leastUnits } = world.scenario.anomalies.largeLoss;
  const leastStock = Math.ceil(leastUnits / leastShare);
  const planned = productOf(world, lot);
  const product = stockOf(world, lot.branch, planned) >= leastStock ? planned : fullestOf(world, lot.branch);
  const old_qty = stockOf(world, lot.branch, product);
  const user = actorOf(staffOf(world, lot.branch, ROLE.manager, ROLE.warehouse, ROLE.cashier), lot);
  if (user === undefined || old_qty < leastStock) return undefined;
  const units = Math.ceil(old_qty * random.between(leastShare + 0.02, 0.97));
  const reason = random.chance(0.5) ? 'OTHER' : 'COUNT';
  const { branch } = lot;
  const notes = 'correction';
  const correction = { branch, product, change: -units, reason, user, adjusted_us: now_us, notes } as const;
  const deed = adjust(world, { ...correction, approver: user });
  const product_id = productAt(world, product).id;
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'inventory', kind: 'large_loss', isAnomaly: true, isLast: true },
    ...{
      entity: { type: 'product', id: product_id },
      branch_id: branchAt(world, branch).id,
      weight: units,
      unit: 'units',
    },
    keys: { adjust_id: deed.adjust_id, product_id, adjusted_by_user_id: user.id, old_qty, new_qty: old_qty - units },
  };
  return { ...deed, trouble };
}

/** A cashier makes themselves admin. Undefined if the branch has no cashier. */
export function promoteThemselves(world: World, lot: Lot): Deed | undefined {
  const user = actorOf(staffOf(world, lot.branch, ROLE.cashier), lot);
  return user && makeAdmin(world, lot, user, user, 'self_promotion');
}

/** A manager makes a cashier of another branch admin. Undefined if there is no such manager or cashier. */
export function grantARole(world: World, lot: Lot): Deed | undefined {
  const user = actorOf(staffOf(world, lot.branch, ROLE.cashier), lot);
  const by = staffOf(world, (lot.branch + 1) % world.branches.length, ROLE.manager)[0];
  return user && by && makeAdmin(world, lot, user, by, 'role_grant');
}

/** An admin puts a wrongly made admin back; undefined if there is nothing to undo. */
export function undoPromotion(world: World, random: Random, lot: Lot): Deed | undefined {
  const user = world.users.find((each) => each.id === world.wronglyPromoted.get(lot.id));
  if (user === undefined) return undefined;
  world.wronglyPromoted.delete(lot.id);
  return setRole(world, user, ROLE.cashier, anAdmin(world, random));
}

/** Who plays the part that chance gave to somebody. */
export function actorOf(staff: readonly User[], lot: Lot): User | undefined {
  return staff[Math.floor(lot.actor * staff.length)];
}

function makeAdmin(world: World, lot: Lot, user: User, by: User, kind: 'self_promotion' | 'role_grant'): Deed {
  const keys = { user_id: user.id, updated_by: by.id, old_role_id: user.role_id, new_role_id: ROLE.admin };
  world.wronglyPromoted.set(lot.id, user.id);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'user', kind, isAnomaly: true, entity: { type: 'user', id: user.id }, keys, isLast: true },
    ...{ branch_id: branchAt(world, lot.branch).id, weight: 1, unit: 'role_changes' },
  };
  return { ...setRole(world, user, ROLE.admin, by), trouble };
}

function productOf(world: World, lot: Lot): number {
  return world.byDemand[Math.min(lot.rank, world.byDemand.length - 1)] ?? 0;
}

function dearestOf(world: World, random: Random, branch: number): number | undefined {
  const candidates = Array.from({ length: THEFT_CANDIDATES }, () => drawProduct(world, random, branch)).filter(
    (product) => stockOf(world, branch, product) >= 4,
  );
  const price = (product: number) => productAt(world, product).price_cents;
  return candidates.sort((a, b) => price(b) - price(a))[0];
}

function fullestOf(world: World, branch: number): number {
  let fullest = 0;
  for (let product = 1; product < world.products.length; product += 1) {
    if (stockOf(world, branch, product) > stockOf(world, branch, fullest)) fullest = product;
  }
  return fullest;
}
