import { ROLE, type User } from './catalogue.ts';
import { branchFacts, productFacts, shelfFacts } from './facts.ts';
import { orderUnits, settleOrder } from './orders.ts';
import type { Random } from './random.ts';
import { sell, stockUpdate } from './shop.ts';
import type { Deed, TroubleMark } from './transaction.ts';
import { actorOf, type Lot } from './trouble.ts';
import { branchAt, productAt, staffOf, stockOf, type World } from './world.ts';

/** A hot product's shelf is empty all at once, and no record says why. Undefined if it is empty already. */
export function emptyShelf(world: World, lot: Lot, rank: number, isLast: boolean): Deed | undefined {
  const product = world.byDemand[Math.min(rank, world.byDemand.length - 1)] ?? 0;
  const old_qty = stockOf(world, lot.branch, product);
  if (old_qty <= 0) return undefined;
  const { id: product_id } = productAt(world, product);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'inventory', kind: 'zero_stock', isAnomaly: true, isLast },
    ...{ entity: { type: 'product', id: product_id }, branch_id: branchAt(world, lot.branch).id },
    ...{ weight: old_qty, unit: 'units', keys: { product_id, old_qty, new_qty: 0 } },
  };
  return { ...changeUnrecorded(world, lot.branch, product, -old_qty), trouble };
}

/** A shelf changes, and nothing says who did it or why. */
export function changeUnrecorded(world: World, branch: number, product: number, change: number): Deed {
  const where = { ...branchFacts(world, branch), ...productFacts(world, product) };
  const facts = { ...where, ...shelfFacts(world, branch, product, change) };
  return {
    statements: [stockUpdate(world, branch, product, change)],
    act: {
      act: 'stock_changed',
      keys: { branch_id: where.branch_id, product_id: where.product_id },
      facts,
    },
  };
}

/** A cashier sells far below the price. Undefined if the branch has too little to sell. */
export function sellCheaply(
  world: World,
  random: Random,
  { lot, cashier }: { readonly lot: Lot; readonly cashier: User },
  now_us: number,
  isLast: boolean,
): Deed | undefined {
  const discount = random.between(...world.scenario.anomalies.discountAbuse.discount);
  const deed = sell(world, random, lot.branch, now_us, { cashier, discount });
  if (deed === undefined) return undefined;
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'sale', kind: 'discount_abuse', isAnomaly: true, isLast },
    ...{ entity: { type: 'user', id: cashier.id }, branch_id: branchAt(world, lot.branch).id },
    ...{ weight: 1, unit: 'sales' },
    keys: { sale_id: Number(deed.act.keys.sale_id), cashier_user_id: cashier.id, discount: discount.toFixed(2) },
  };
  return { ...deed, trouble };
}

/** Who will sell too cheaply; undefined if the branch has no cashier. */
export function cheatOf(world: World, lot: Lot): User | undefined {
  return actorOf(staffOf(world, lot.branch, ROLE.cashier), lot);
}

/** An order that looks like any other. */
export function orderGhost(world: World, random: Random, lot: Lot, now_us: number): Deed {
  const units = random.integer(...world.scenario.anomalies.ghostReceipt.units);
  const product = world.byDemand[Math.min(lot.rank, world.byDemand.length - 1)] ?? 0;
  return orderUnits(world, { branch: lot.branch, product, units, rushFor: lot.id }, now_us);
}

/** It is received, and no shelf rises. Undefined if it was never placed. */
export function receiveGhost(world: World, random: Random, lot: Lot): Deed | undefined {
  const order = world.pending.find((each) => each.rushFor === lot.id);
  if (order === undefined) return undefined;
  const units = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'order', kind: 'ghost_receipt', isAnomaly: true, isLast: true },
    ...{ entity: { type: 'order', id: order.id }, branch_id: branchAt(world, lot.branch).id },
    ...{ weight: units, unit: 'units', keys: { po_id: order.id, quantity_received: units } },
  };
  return { ...settleOrder(world, random, order, true), trouble };
}
