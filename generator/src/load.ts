import { costOf, makeBranches, type Product, ROLE, ROLE_NAMES, type RoleId, type User } from './catalogue.ts';
import { type Connection, type Row, select } from './database.ts';
import { Failure } from './failure.ts';
import { makeRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { type Counter, cellOf, makeWorld, type OrderItem, type World } from './world.ts';

/**
 * The world as the database holds it, to be continued. Demand comes from the seed, so the seed of the history makes the
 * same products popular; its level comes from the sales of the last full days. A pending order belongs to its buyer's branch.
 */
export async function loadWorld(connection: Connection, scenario: Scenario): Promise<World> {
  const branches = await loadBranches(connection, scenario);
  const suppliers = await loadSuppliers(connection);
  const products = await loadProducts(connection, scenario.orders.costShare);
  const users = await loadUsers(connection);
  if (branches.length === 0 || products.length === 0 || suppliers.length === 0 || users.length === 0) {
    throw new Failure('the database has no branches, products, suppliers or users to go on with: run `history` first');
  }
  const parts = {
    scenario: { ...scenario, salesPerDay: (await recentSalesPerDay(connection)) ?? scenario.salesPerDay },
    branches,
    products,
    users,
    suppliers,
    nextId: await nextIds(connection),
  };
  const world = makeWorld(parts, makeRandom(scenario.seed));
  await loadStock(connection, world);
  await loadPending(connection, world);
  return world;
}

/** The branches that the scenario names, as far as the database has them; it knows no more of a branch than its words. */
async function loadBranches(connection: Connection, scenario: Scenario): Promise<World['branches']> {
  const ids = await select(connection, 'SELECT branch_id FROM branches');
  const present = new Set(ids.map((row) => whole(row, 'branch_id')));
  return makeBranches(scenario).filter(({ id }) => present.has(id));
}

async function loadSuppliers(connection: Connection): Promise<World['suppliers']> {
  const sql = 'SELECT supplier_id, name FROM suppliers ORDER BY supplier_id';
  return (await select(connection, sql)).map((row) => ({ id: whole(row, 'supplier_id'), name: String(row.name) }));
}

async function loadProducts(connection: Connection, costShare: number): Promise<Product[]> {
  const sql = 'SELECT product_id, sku, name, category, unit_price, is_controlled FROM products ORDER BY product_id';
  const cents = (row: Row) => Math.round(Number(row.unit_price) * 100);
  return (await select(connection, sql)).map((row) => ({
    id: whole(row, 'product_id'),
    sku: String(row.sku),
    name: String(row.name),
    category: String(row.category),
    is_controlled: row.is_controlled === 1,
    price_cents: cents(row),
    cost_cents: costOf(cents(row), costShare),
    isLaunched: true,
  }));
}

async function loadUsers(connection: Connection): Promise<User[]> {
  const sql = 'SELECT user_id, username, role_id, branch_id, is_active FROM users ORDER BY user_id';
  return (await select(connection, sql)).map((row) => ({
    id: whole(row, 'user_id'),
    username: String(row.username),
    role_id: roleOf(row),
    branch_id: row.branch_id === null ? null : whole(row, 'branch_id'),
    is_active: row.is_active === 1,
  }));
}

async function loadStock(connection: Connection, world: World): Promise<void> {
  const places = placesOf(world);
  for (const row of await select(connection, 'SELECT branch_id, product_id, quantity_on_hand FROM inventory')) {
    const branch = places.branch.get(whole(row, 'branch_id'));
    const product = places.product.get(whole(row, 'product_id'));
    if (branch === undefined || product === undefined) continue;
    world.stock[cellOf(world, branch, product)] = whole(row, 'quantity_on_hand');
  }
}

async function loadPending(connection: Connection, world: World): Promise<void> {
  const places = placesOf(world);
  const sql = `SELECT po_id, supplier_id, product_id, quantity_ordered, users.branch_id
    FROM purchase_orders JOIN po_items USING (po_id) JOIN users ON users.user_id = purchase_orders.created_by
    WHERE status = 'PENDING' AND users.branch_id IS NOT NULL ORDER BY po_id, product_id`;
  const orders = new Map<number, { branch: number; supplier: number; items: OrderItem[] }>();
  for (const row of await select(connection, sql)) {
    const branch = places.branch.get(whole(row, 'branch_id'));
    const product = places.product.get(whole(row, 'product_id'));
    const supplier = places.supplier.get(whole(row, 'supplier_id'));
    if (branch === undefined || product === undefined || supplier === undefined) continue;
    const order = orders.get(whole(row, 'po_id')) ?? { branch, supplier, items: [] };
    const quantity = whole(row, 'quantity_ordered');
    order.items.push({ product, quantity });
    orders.set(whole(row, 'po_id'), order);
    const cell = cellOf(world, branch, product);
    world.onOrder[cell] = (world.onOrder[cell] ?? 0) + quantity;
  }
  world.pending = [...orders].map(([id, order]) => {
    return { id, ...order, due_us: undefined, isCancelled: false, rushFor: undefined };
  });
}

async function nextIds(connection: Connection): Promise<Record<Counter, number>> {
  const next = async (table: string, column: string): Promise<number> => {
    const [row] = await select(connection, `SELECT COALESCE(MAX(${column}), 0) + 1 AS id FROM ${table}`);
    return row === undefined ? 1 : whole(row, 'id');
  };
  return {
    sale: await next('sales', 'sale_id'),
    adjustment: await next('inventory_adjustments', 'adjust_id'),
    order: await next('purchase_orders', 'po_id'),
    user: await next('users', 'user_id'),
    supplier: await next('suppliers', 'supplier_id'),
  };
}

/** The mean of the last week's days, without the newest, which may not be over; undefined if there are none. */
async function recentSalesPerDay(connection: Connection): Promise<number | undefined> {
  const sql = `SELECT COUNT(*) AS sales, COUNT(DISTINCT DATE(sale_time)) AS days
    FROM sales, (SELECT DATE(MAX(sale_time)) AS day FROM sales) AS newest
    WHERE sale_time < newest.day AND sale_time >= newest.day - INTERVAL 7 DAY`;
  const [row] = await select(connection, sql);
  const days = row === undefined ? 0 : whole(row, 'days');
  return row === undefined || days === 0 ? undefined : whole(row, 'sales') / days;
}

function placesOf(world: World) {
  return {
    branch: new Map(world.branches.map((branch, place) => [branch.id, place])),
    product: new Map(world.products.map((product, place) => [product.id, place])),
    supplier: new Map(world.suppliers.map((supplier, place) => [supplier.id, place])),
  };
}

function roleOf(row: Row): RoleId {
  const role = ROLE_NAMES[whole(row, 'role_id') - 1];
  if (role === undefined)
    throw new Failure(`user ${String(row.user_id)} has role ${String(row.role_id)}, which is none of ours`);
  return ROLE[role];
}

function whole(row: Row, column: string): number {
  const value = Number(row[column]);
  if (!Number.isSafeInteger(value))
    throw new Failure(`column ${column} holds ${String(row[column])}, not a whole number`);
  return value;
}
