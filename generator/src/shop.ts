import { branchFacts, productFacts, userFacts } from './act.ts';
import { ROLE, type User } from './catalogue.ts';
import { makeSampler, type Random } from './random.ts';
import { dateOfDay, localDateTime, localDay, localHour } from './time.ts';
import { type Change, type Deed, insert, money, type Statement, update, type Value } from './transaction.ts';
import {
  BASKET_LEAST,
  BASKET_WEIGHTS,
  branchAt,
  moveStock,
  productAt,
  QUANTITY_WEIGHTS,
  staffOf,
  stockOf,
  takeId,
  type World,
} from './world.ts';

const basketSize = makeSampler(BASKET_WEIGHTS);
const lineQuantity = makeSampler(QUANTITY_WEIGHTS);
const PAYMENTS = ['CASH', 'CARD', 'MOBILE'] as const;
const payment = makeSampler([0.45, 0.4, 0.15]);
/** Draws per wanted line before the shelves are searched one by one. */
const DRAWS_PER_LINE = 12;

type Reason = 'DAMAGE' | 'THEFT' | 'COUNT' | 'SUPPLIER_ERROR' | 'OTHER';
const REASONS = ['DAMAGE', 'COUNT', 'SUPPLIER_ERROR', 'OTHER', 'THEFT'] as const;
const reason = makeSampler([0.4, 0.36, 0.1, 0.1, 0.04]);

type Line = { readonly product: number; readonly quantity: number };

/** One customer's sale; undefined if the branch has fewer than three products to sell or nobody to sell them. */
export function sell(world: World, random: Random, branch: number, now_us: number): Deed | undefined {
  const cashier = cashierOnShift(world, random, branch, now_us);
  const lines = fillBasket(world, random, branch);
  if (cashier === undefined || lines.length < BASKET_LEAST) return undefined;
  const sale_id = takeId(world, 'sale');
  const branch_id = branchAt(world, branch).id;
  let total_cents = 0;
  const items: Value[][] = [];
  const sold: Record<string, string>[] = [];
  const stock: Statement[] = [];
  for (const { product, quantity } of lines) {
    const { id, price_cents } = productAt(world, product);
    total_cents += price_cents * quantity;
    const unit_price = money(price_cents);
    items.push([sale_id, id, quantity, unit_price]);
    sold.push({ ...productFacts(world, product), quantity: String(quantity), unit_price });
    stock.push(stockUpdate(world, branch, product, -quantity));
  }
  const method = PAYMENTS[payment(random)] ?? 'CASH';
  const [sale_time, total_amount] = [localDateTime(now_us), money(total_cents)];
  const header = [sale_id, branch_id, sale_time, total_amount, method, cashier.id];
  return {
    statements: [
      insert(
        'sales',
        ['sale_id', 'branch_id', 'sale_time', 'total_amount', 'payment_method', 'cashier_user_id'],
        [header],
      ),
      insert('sale_items', ['sale_id', 'product_id', 'quantity', 'unit_price'], items),
      ...stock,
    ],
    act: {
      act: 'sale',
      keys: { sale_id: String(sale_id) },
      facts: {
        ...branchFacts(world, branch),
        ...userFacts('cashier', cashier),
        ...{ sale_time, total_amount, payment_method: method, items: sold },
      },
    },
  };
}

export type Adjustment = {
  readonly branch: number;
  readonly product: number;
  /** Units added, below zero for a loss; never more than there is. */
  readonly change: number;
  readonly reason: Reason;
  readonly user: User;
  /** The local time written down, as an instant. */
  readonly adjusted_us: number;
  readonly notes: string;
};

/** A manual correction: the shelf and the record of it in one transaction. */
export function adjust(world: World, adjustment: Adjustment): Deed & { readonly adjust_id: number } {
  const { branch, product, change, reason, user, notes } = adjustment;
  const old_qty = stockOf(world, branch, product);
  const adjust_id = takeId(world, 'adjustment');
  const counted = reason === 'COUNT' ? { last_counted_date: dateOfDay(localDay(adjustment.adjusted_us)) } : {};
  const adjusted_at = localDateTime(adjustment.adjusted_us);
  const row = [
    adjust_id,
    branchAt(world, branch).id,
    productAt(world, product).id,
    old_qty,
    old_qty + change,
    reason,
    user.id,
    adjusted_at,
    notes,
  ];
  const columns = ['adjust_id', 'branch_id', 'product_id', 'old_qty', 'new_qty', 'reason_code', 'adjusted_by_user_id'];
  return {
    adjust_id,
    statements: [
      stockUpdate(world, branch, product, change, counted),
      insert('inventory_adjustments', [...columns, 'adjusted_at', 'notes'], [row]),
    ],
    act: {
      act: 'adjustment',
      keys: { adjust_id: String(adjust_id) },
      facts: {
        ...branchFacts(world, branch),
        ...productFacts(world, product),
        ...userFacts('adjusted_by', user),
        ...{ old_qty: String(old_qty), new_qty: String(old_qty + change), reason, adjusted_at, notes },
      },
    },
  };
}

/** An ordinary small correction; undefined if nobody may make it or the shelf drawn is too empty. */
export function adjustOrdinarily(world: World, random: Random, branch: number, now_us: number): Deed | undefined {
  const managers = staffOf(world, branch, ROLE.manager, ROLE.warehouse);
  const staff = random.chance(0.75) && managers.length > 0 ? managers : staffOf(world, branch, ROLE.cashier);
  const product = drawProduct(world, random, branch);
  const why = REASONS[reason(random)] ?? 'COUNT';
  const change = ordinaryChange(random, why);
  if (staff.length === 0 || stockOf(world, branch, product) + change < 0) return undefined;
  const user = random.pick(staff);
  const notes = NOTES[why];
  return adjust(world, { branch, product, change, reason: why, user, adjusted_us: now_us, notes });
}

/** Changes the shelf in memory and says so to the database. */
export function stockUpdate(
  world: World,
  branch: number,
  product: number,
  change: number,
  also: Readonly<Record<string, Value | Change>> = {},
): Statement {
  moveStock(world, branch, product, change);
  const where = { branch_id: branchAt(world, branch).id, product_id: productAt(world, product).id };
  return update('inventory', where, { quantity_on_hand: { add: change }, ...also });
}

export function drawProduct(world: World, random: Random, branch: number): number {
  return world.samplers[branch]?.(random) ?? 0;
}

const NOTES: Readonly<Record<Reason, string>> = {
  DAMAGE: 'damaged on the shelf',
  COUNT: 'cycle count',
  SUPPLIER_ERROR: 'delivery note differs',
  OTHER: 'sample or internal use',
  THEFT: 'shoplifting reported',
};

function ordinaryChange(random: Random, why: Reason): number {
  switch (why) {
    case 'DAMAGE':
      return -random.integer(1, 4);
    case 'COUNT':
    case 'SUPPLIER_ERROR':
      return random.integer(1, 5) * (random.chance(0.6) ? -1 : 1);
    case 'OTHER':
      return -random.integer(1, 2);
    case 'THEFT':
      return -random.integer(1, 3);
  }
}

/** Early and late shift take turns by the parity of place and hour. */
function cashierOnShift(world: World, random: Random, branch: number, now_us: number): User | undefined {
  const cashiers = staffOf(world, branch, ROLE.cashier);
  if (cashiers.length === 0) return staffOf(world, branch, ROLE.manager)[0];
  const isLate = localHour(now_us) >= 14 ? 1 : 0;
  const onShift = cashiers.filter((_, place) => (place + localDay(now_us)) % 2 === isLate);
  return random.pick(onShift.length > 0 ? onShift : cashiers);
}

/** Different products that are on the shelf, in order of product, which is also the order of their locks. */
function fillBasket(world: World, random: Random, branch: number): Line[] {
  const wanted = BASKET_LEAST + basketSize(random);
  const chosen = new Map<number, number>();
  const add = (product: number): void => {
    const onHand = stockOf(world, branch, product);
    if (onHand > 0 && !chosen.has(product)) chosen.set(product, Math.min(onHand, 1 + lineQuantity(random)));
  };
  for (let draws = wanted * DRAWS_PER_LINE; draws > 0 && chosen.size < wanted; draws -= 1) {
    add(drawProduct(world, random, branch));
  }
  for (let product = 0; product < world.products.length && chosen.size < BASKET_LEAST; product += 1) add(product);
  return [...chosen].map(([product, quantity]) => ({ product, quantity })).sort((a, b) => a.product - b.product);
}
