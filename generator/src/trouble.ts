import { ROLE, type User } from './catalogue.ts';
import { setRole } from './office.ts';
import { orderInARush, settleOrder } from './orders.ts';
import type { Random } from './random.ts';
import { adjust, drawProduct } from './shop.ts';
import { localDateTime } from './time.ts';
import type { Deed, TroubleMark } from './transaction.ts';
import { branchAt, productAt, staffOf, stockOf, type World } from './world.ts';

/** A large loss takes at least this share of the shelf and at least so many units. */
const LOSS_SHARE = 0.8;
const LOSS_UNITS = 150;
/** The stock that makes both certain. */
const LOSS_STOCK = Math.ceil(LOSS_UNITS / LOSS_SHARE);
/** What a rush order fills the shelf up to, beyond two days' sales. */
const RUSH_UNITS = 230;
/** The loss strikes a product that people buy, but not one that runs through the shelf in a day. */
const LOSS_RANKS = [20, 80] as const;
const THEFT_CANDIDATES = 6;

/** One act of a trouble; the acts of one trouble share its id and its lot. */
export type Step =
  | { readonly act: 'theft'; readonly lot: Lot; readonly isLast: boolean }
  | { readonly act: 'rush_order' | 'rush_delivery' | 'loss' | 'self_promotion' | 'reversal'; readonly lot: Lot };

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
  const units = Math.min(stockOf(world, lot.branch, product), random.integer(4, 12));
  const { branch } = lot;
  const notes = 'missing at night check';
  const change = -units;
  const done = adjust(world, { branch, product, change, reason: 'THEFT', user, adjusted_us: theft_us, notes });
  const branch_id = branchAt(world, branch).id;
  return {
    statements: done.statements,
    act: done.act,
    trouble: {
      id: lot.id,
      family: 'branch',
      kind: 'after_hours_theft',
      entity: { type: 'branch', id: branch_id },
      branch_id,
      weight: units,
      keys: {
        adjust_id: done.adjust_id,
        product_id: productAt(world, product).id,
        adjusted_by_user_id: user.id,
        adjusted_at: localDateTime(theft_us),
      },
      isLast,
    },
  };
}

/** Makes sure, well before a loss, that there is enough to lose. */
export function prepareLoss(world: World, lot: Lot, now_us: number): Deed | undefined {
  const product = world.byDemand[Math.min(lot.rank, world.byDemand.length - 1)] ?? 0;
  return orderInARush(world, { branch: lot.branch, product, units: RUSH_UNITS, rushFor: lot.id }, now_us);
}

export function receiveRush(world: World, random: Random, lot: Lot): Deed | undefined {
  const order = world.pending.find((each) => each.rushFor === lot.id);
  return order && settleOrder(world, random, order);
}

/** One adjustment takes most of a full shelf, without a sale. Undefined if no shelf of the branch is full enough. */
export function lose(world: World, random: Random, lot: Lot, now_us: number): Deed | undefined {
  const planned = world.byDemand[Math.min(lot.rank, world.byDemand.length - 1)] ?? 0;
  const product = stockOf(world, lot.branch, planned) >= LOSS_STOCK ? planned : fullestOf(world, lot.branch);
  const old_qty = stockOf(world, lot.branch, product);
  const user = actorOf(staffOf(world, lot.branch, ROLE.manager, ROLE.warehouse, ROLE.cashier), lot);
  if (user === undefined || old_qty < LOSS_STOCK) return undefined;
  const units = Math.ceil(old_qty * random.between(LOSS_SHARE + 0.02, 0.97));
  const reason = random.chance(0.5) ? 'OTHER' : 'COUNT';
  const { branch } = lot;
  const correction = {
    branch,
    product,
    change: -units,
    reason,
    user,
    adjusted_us: now_us,
    notes: 'correction',
  } as const;
  const done = adjust(world, correction);
  const product_id = productAt(world, product).id;
  return {
    statements: done.statements,
    act: done.act,
    trouble: {
      id: lot.id,
      family: 'inventory',
      kind: 'large_loss',
      entity: { type: 'product', id: product_id },
      branch_id: branchAt(world, branch).id,
      weight: units,
      keys: { adjust_id: done.adjust_id, product_id, adjusted_by_user_id: user.id, old_qty, new_qty: old_qty - units },
      isLast: true,
    },
  };
}

/** A cashier makes themselves admin. Undefined if the branch has no cashier. */
export function promoteThemselves(world: World, lot: Lot): Deed | undefined {
  const user = actorOf(staffOf(world, lot.branch, ROLE.cashier), lot);
  if (user === undefined) return undefined;
  world.selfPromoted.set(lot.id, user.id);
  const keys = { user_id: user.id, updated_by: user.id, old_role_id: user.role_id, new_role_id: ROLE.admin };
  const trouble: TroubleMark = {
    id: lot.id,
    family: 'user',
    kind: 'self_promotion',
    entity: { type: 'user', id: user.id },
    branch_id: branchAt(world, lot.branch).id,
    weight: 1,
    keys,
    isLast: true,
  };
  return { ...setRole(world, user, ROLE.admin, user), trouble };
}

function actorOf(staff: readonly User[], lot: Lot): User | undefined {
  return staff[Math.floor(lot.actor * staff.length)];
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
