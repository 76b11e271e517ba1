import type { Facts } from './act.ts';
import { ROLE, type User } from './catalogue.ts';
import { branchFacts, productFacts, shelfFacts, userFacts } from './facts.ts';
import type { Random } from './random.ts';
import { stockUpdate } from './shop.ts';
import { dateOfDay } from './time.ts';
import { type Deed, insert, money, type Statement, update } from './transaction.ts';
import {
  branchAt,
  cellOf,
  dailyUnitsOf,
  must,
  type OrderItem,
  type PendingOrder,
  productAt,
  staffOf,
  stockOf,
  takeId,
  unitsToOrder,
  type World,
} from './world.ts';

/** Chooses when an order arrives. */
export type DueTime = (random: Random) => number;

/** The branch's morning order: one transaction per supplier whose shelves run low. */
export function orderWhatRunsLow(world: World, random: Random, branch: number, now_us: number, due: DueTime): Deed[] {
  return lowShelves(world, branch).map(({ supplier, items }) =>
    placeOrder(world, { supplier, branch, items, now_us, ...fateOf(world, random, due), rushFor: undefined }),
  );
}

/** One order, at the supplier with most shelves running low; it arrives when it is called for. Undefined if none does. */
export function orderMostNeeded(world: World, branch: number, now_us: number): Deed | undefined {
  const [most] = lowShelves(world, branch).sort((a, b) => b.items.length - a.items.length);
  return (
    most && placeOrder(world, { ...most, branch, now_us, due_us: undefined, isCancelled: false, rushFor: undefined })
  );
}

/** Fills one shelf up for a trouble that needs it full; undefined if it holds enough already. */
export function orderInARush(
  world: World,
  rush: { branch: number; product: number; units: number; rushFor: string },
  now_us: number,
): Deed | undefined {
  const { branch, product } = rush;
  const quantity = rush.units + Math.ceil(2 * dailyUnitsOf(world, branch, product)) - stockOf(world, branch, product);
  return quantity > 0 ? orderUnits(world, { ...rush, units: quantity }, now_us) : undefined;
}

/** An order of one product for a trouble, which calls for it. */
export function orderUnits(
  world: World,
  { branch, product, units, rushFor }: { branch: number; product: number; units: number; rushFor: string },
  now_us: number,
): Deed {
  const items = [{ product, quantity: units }];
  const supplier = supplierOf(world, product);
  return placeOrder(world, { supplier, branch, items, now_us, due_us: undefined, isCancelled: false, rushFor });
}

/**
 * Receipt of a pending order, or its cancellation: status, quantities and shelves in one transaction. `isOnPaper`: the shelves
 * stay as they are.
 */
export function settleOrder(world: World, random: Random, order: PendingOrder, isOnPaper = false): Deed {
  must(world.pending.includes(order), `order ${order.id} is settled twice`);
  world.pending = world.pending.filter((each) => each !== order);
  for (const { product, quantity } of order.items) {
    const cell = cellOf(world, order.branch, product);
    world.onOrder[cell] = (world.onOrder[cell] ?? 0) - quantity;
  }
  const where = { po_id: order.id };
  const keys = { po_id: String(order.id) };
  const from = { ...supplierFacts(world, order.supplier), ...branchFacts(world, order.branch) };
  if (order.isCancelled) {
    const statements = [update('purchase_orders', where, { status: 'CANCELLED' })];
    return { statements, act: { act: 'order_cancelled', keys, facts: from } };
  }
  const statements: Statement[] = [update('purchase_orders', where, { status: 'RECEIVED' })];
  const shelves: Statement[] = [];
  const items: Record<string, string>[] = [];
  for (const { product, quantity } of order.items) {
    const isShort = order.rushFor === undefined && random.chance(world.scenario.orders.shortShare);
    const received = isShort ? Math.ceil(quantity * random.between(0.8, 0.99)) : quantity;
    const item = { po_id: order.id, product_id: productAt(world, product).id };
    statements.push(update('po_items', item, { quantity_received: received }));
    items.push({
      ...productFacts(world, product),
      ...{ quantity_ordered: String(quantity), quantity_received: String(received) },
      ...shelfFacts(world, order.branch, product, isOnPaper ? 0 : received),
    });
    if (!isOnPaper) shelves.push(stockUpdate(world, order.branch, product, received));
  }
  return {
    statements: [...statements, ...shelves],
    act: { act: 'order_received', keys, facts: { ...from, items } },
  };
}

/** What to order for a branch, a list for each supplier, in the order of the shelves. */
function lowShelves(world: World, branch: number): { supplier: number; items: OrderItem[] }[] {
  const bySupplier = new Map<number, OrderItem[]>();
  for (let product = 0; product < world.products.length; product += 1) {
    const quantity = unitsToOrder(world, branch, product);
    if (quantity <= 0) continue;
    const supplier = supplierOf(world, product);
    const items = bySupplier.get(supplier) ?? [];
    items.push({ product, quantity });
    bySupplier.set(supplier, items);
  }
  return [...bySupplier].map(([supplier, items]) => ({ supplier, items }));
}

type NewOrder = Omit<PendingOrder, 'id'> & { readonly now_us: number };

function placeOrder(world: World, order: NewOrder): Deed {
  const { branch, items, supplier, now_us, ...fate } = order;
  const po_id = takeId(world, 'order');
  world.pending.push({ id: po_id, branch, supplier, items, ...fate });
  for (const { product, quantity } of items) {
    const cell = cellOf(world, branch, product);
    world.onOrder[cell] = (world.onOrder[cell] ?? 0) + quantity;
  }
  const lines = items.map(({ product, quantity }) => {
    const unit_cost = money(productAt(world, product).cost_cents);
    return { ...productFacts(world, product), quantity_ordered: String(quantity), unit_cost };
  });
  const rows = lines.map((line) => [po_id, Number(line.product_id), Number(line.quantity_ordered), line.unit_cost]);
  const order_date = dateOfDay(branchAt(world, branch).zone.day(now_us));
  const buyer = buyerOf(world, branch);
  const header = [po_id, supplierAt(world, supplier).id, order_date, 'PENDING', buyer.id];
  return {
    statements: [
      insert('purchase_orders', ['po_id', 'supplier_id', 'order_date', 'status', 'created_by'], [header]),
      insert('po_items', ['po_id', 'product_id', 'quantity_ordered', 'unit_cost'], rows),
    ],
    act: {
      act: 'order_placed',
      keys: { po_id: String(po_id) },
      facts: {
        ...supplierFacts(world, supplier),
        ...branchFacts(world, branch),
        ...userFacts('ordered_by', buyer),
        ...{ order_date, items: lines },
      },
    },
  };
}

function fateOf(world: World, random: Random, due: DueTime): Pick<PendingOrder, 'due_us' | 'isCancelled'> {
  return { isCancelled: random.chance(world.scenario.orders.cancelledShare), due_us: due(random) };
}

/** The place of the supplier of a product. */
function supplierOf(world: World, product: number): number {
  return product % world.suppliers.length;
}

function supplierAt(world: World, place: number): World['suppliers'][number] {
  const supplier = world.suppliers[place];
  must(supplier !== undefined, `there is no supplier at place ${place}`);
  return supplier;
}

function supplierFacts(world: World, place: number): Facts {
  const { id, name } = supplierAt(world, place);
  return { supplier_id: String(id), supplier: name };
}

/** Someone of the branch, so that the order's branch can be read from the database: the order itself does not name it. */
function buyerOf(world: World, branch: number): User {
  const buyer =
    staffOf(world, branch, ROLE.warehouse)[0] ??
    staffOf(world, branch, ROLE.manager)[0] ??
    staffOf(world, branch, ROLE.cashier)[0];
  must(buyer !== undefined, `branch ${branchAt(world, branch).id} has nobody left`);
  return buyer;
}
