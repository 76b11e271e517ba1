import { ROLE, type User } from './catalogue.ts';
import type { Reason } from './draws.ts';
import { branchFacts, productFacts, roleFacts, shelfFacts, userFacts } from './facts.ts';
import type { Random } from './random.ts';
import { dateOfDay } from './time.ts';
import { type Deed, insert, money, type Statement, update, type Value } from './transaction.ts';
import {
  branchAt,
  moveStock,
  productAt,
  rememberSale,
  type SaleLine,
  staffOf,
  stockOf,
  takeId,
  type World,
} from './world.ts';

const SALE_COLUMNS = ['sale_id', 'branch_id', 'sale_time', 'total_amount', 'payment_method', 'cashier_user_id'];
const ITEM_COLUMNS = ['sale_id', 'product_id', 'quantity', 'unit_price'];
/** Draws per wanted line before the shelves are searched one by one. */
const DRAWS_PER_LINE = 12;

type Line = { readonly product: number; readonly quantity: number };

/** How a sale differs from an ordinary one. */
export type OddSale = {
  readonly cashier?: User;
  /** Taken off every price. */
  readonly discount?: number;
  /** Units of the first line beyond what its shelf holds. */
  readonly oversold?: number;
};

/** One customer's sale; undefined if the branch has fewer products to sell than a sale holds, or nobody to sell them. */
export function sell(
  world: World,
  random: Random,
  branch: number,
  now_us: number,
  odd: OddSale = {},
): Deed | undefined {
  const cashier = odd.cashier ?? cashierOnShift(world, random, branch, now_us);
  const lines = fillBasket(world, random, branch).map(({ product, quantity }, index) => ({
    product,
    quantity: index === 0 && odd.oversold ? stockOf(world, branch, product) + odd.oversold : quantity,
    price_cents: priceOf(world, product, odd.discount),
  }));
  if (cashier === undefined || lines.length < world.basketLeast) return undefined;
  const sale_id = takeId(world, 'sale');
  const total_cents = lines.reduce((sum, { quantity, price_cents }) => sum + quantity * price_cents, 0);
  const payment = world.draws.payment(random);
  rememberSale(world, { id: sale_id, branch, lines, sold_us: now_us, total_cents, payment, cashier });
  const { id: branch_id, zone } = branchAt(world, branch);
  const [sale_time, total_amount] = [zone.dateTime(now_us), money(total_cents)];
  const header = [sale_id, branch_id, sale_time, total_amount, payment, cashier.id];
  const items = lines.map((line) => saleItem(world, branch, line, -line.quantity));
  const rows = items.map((item, place) => [
    sale_id,
    Number(item.product_id),
    lines[place]?.quantity ?? 0,
    item.unit_price,
  ]);
  const mayOversell = odd.oversold !== undefined;
  return {
    statements: [
      insert('sales', SALE_COLUMNS, [header]),
      insert('sale_items', ITEM_COLUMNS, rows),
      ...lines.map(({ product, quantity }) => stockUpdate(world, branch, product, -quantity, { mayOversell })),
    ],
    act: {
      act: 'sale',
      keys: { sale_id: String(sale_id) },
      facts: {
        ...branchFacts(world, branch),
        ...userFacts('cashier', cashier),
        ...{ sale_time, total_amount, payment_method: payment, items },
      },
    },
  };
}

/** A line of a sale, in words, with its shelf before the change and after it. */
export function saleItem(world: World, branch: number, { product, quantity, price_cents }: SaleLine, change: number) {
  return {
    ...productFacts(world, product),
    ...{ quantity: String(quantity), unit_price: money(price_cents) },
    ...shelfFacts(world, branch, product, change),
  };
}

function priceOf(world: World, product: number, discount = 0): number {
  const { price_cents } = productAt(world, product);
  return discount === 0 ? price_cents : Math.max(1, Math.round(price_cents * (1 - discount)));
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
  /** Who signed it; unless said, another manager of the branch, and nobody where there is none. */
  readonly approver?: User;
};

/** A manual correction: the shelf and the record of it in one transaction. */
export function adjust(world: World, adjustment: Adjustment): Deed & { readonly adjust_id: number } {
  const { branch, product, change, reason, user, notes } = adjustment;
  const old_qty = stockOf(world, branch, product);
  const adjust_id = takeId(world, 'adjustment');
  const { id: branch_id, zone } = branchAt(world, branch);
  const counted = reason === 'COUNT' ? { last_counted_date: dateOfDay(zone.day(adjustment.adjusted_us)) } : {};
  const adjusted_at = zone.dateTime(adjustment.adjusted_us);
  const approver = adjustment.approver ?? staffOf(world, branch, ROLE.manager).find(({ id }) => id !== user.id);
  const row = [
    adjust_id,
    branch_id,
    productAt(world, product).id,
    old_qty,
    old_qty + change,
    reason,
    user.id,
    adjusted_at,
    notes,
    approver?.id ?? null,
  ];
  const columns = ['adjust_id', 'branch_id', 'product_id', 'old_qty', 'new_qty', 'reason_code', 'adjusted_by_user_id'];
  return {
    adjust_id,
    statements: [
      stockUpdate(world, branch, product, change, { also: counted }),
      insert('inventory_adjustments', [...columns, 'adjusted_at', 'notes', 'approved_by_user_id'], [row]),
    ],
    act: {
      act: 'adjustment',
      keys: { adjust_id: String(adjust_id) },
      facts: {
        ...branchFacts(world, branch),
        ...productFacts(world, product),
        ...userFacts('adjusted_by', user),
        adjusted_by_role: roleFacts('role', user.role_id).role,
        ...(approver ? userFacts('approved_by', approver) : { approved_by_id: null, approved_by: null }),
        adjusted_by_branch_id: user.branch_id === null ? null : String(user.branch_id),
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
  const why = world.draws.reason(random);
  const change = ordinaryChange(random, why);
  if (staff.length === 0 || stockOf(world, branch, product) + change < 0) return undefined;
  if (!productAt(world, product).isLaunched) return undefined;
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
  { also = {}, mayOversell = false }: { also?: Readonly<Record<string, Value>>; mayOversell?: boolean } = {},
): Statement {
  moveStock(world, branch, product, change, mayOversell);
  const where = { branch_id: branchAt(world, branch).id, product_id: productAt(world, product).id };
  return update('inventory', where, { quantity_on_hand: { add: change }, ...also });
}

/** What a customer wants: by the branch's taste, or by what moves demand now. */
export function drawProduct(world: World, random: Random, branch: number): number {
  for (const { products, share } of world.wavesNow) {
    if (products.length > 0 && random.chance(share)) return random.pick(products);
  }
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
  const { zone } = branchAt(world, branch);
  const isLate = zone.hour(now_us) >= 14 ? 1 : 0;
  const onShift = cashiers.filter((_, place) => (place + zone.day(now_us)) % 2 === isLate);
  return random.pick(onShift.length > 0 ? onShift : cashiers);
}

/** Different products that are on the shelf, in order of product, which is also the order of their locks. */
function fillBasket(world: World, random: Random, branch: number): Line[] {
  const wanted = world.draws.lines(random);
  const chosen = new Map<number, number>();
  const add = (product: number): void => {
    const onHand = stockOf(world, branch, product);
    if (onHand > 0 && !chosen.has(product)) chosen.set(product, Math.min(onHand, world.draws.units(random)));
  };
  for (let draws = wanted * DRAWS_PER_LINE; draws > 0 && chosen.size < wanted; draws -= 1) {
    add(drawProduct(world, random, branch));
  }
  for (let product = 0; product < world.products.length && chosen.size < world.basketLeast; product += 1) add(product);
  return [...chosen].map(([product, quantity]) => ({ product, quantity })).sort((a, b) => a.product - b.product);
}
