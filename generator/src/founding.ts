import type { Facts } from './act.ts';
import {
  type Branch,
  makeBranches,
  makeProducts,
  makeSuppliers,
  makeUsers,
  type Product,
  ROLE_NAMES,
  type Supplier,
  type User,
} from './catalogue.ts';
import { branchFacts, productFacts, roleFacts, staffFacts, userFacts } from './facts.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { dateOfDay } from './time.ts';
import { type Deed, insert, money, type Statement } from './transaction.ts';
import { branchAt, cellOf, dailyUnitsOf, fullStock, makeWorld, must, stockOf, type World } from './world.ts';

const FOUNDER_ID = 1;

/** The chain before its first day: its world, and the transactions that write it down. */
export function found(
  random: Random,
  scenario: Scenario,
  launches: number,
  firstDay: number,
): { world: World; deeds: Deed[] } {
  const branches = makeBranches(scenario);
  const suppliers = makeSuppliers(random.fork('suppliers'));
  const users = makeUsers(random.fork('users'), branches);
  const world = makeWorld(
    {
      scenario,
      branches,
      products: makeProducts(random.fork('products'), scenario.products, launches, scenario.orders.costShare),
      users,
      suppliers,
      nextId: { sale: 1, adjustment: 1, order: 1, user: users.length + 1, supplier: suppliers.length + 1 },
    },
    random,
  );
  const stocking = random.fork('first stock');
  const roles = ROLE_NAMES.map((name, index) => [index + 1, name]);
  const deeds = [
    founding(insert('roles', ['role_id', 'name'], roles)),
    founding(branchesInsert(branches)),
    founding(usersInsert(users, FOUNDER_ID), { users: users.map((user) => foundedUser(world, user)) }),
    founding(suppliersInsert(suppliers), {
      suppliers: suppliers.map(({ id, name }) => ({ supplier_id: String(id), supplier: name })),
    }),
    founding(productsInsert(launchedOf(world), FOUNDER_ID), {
      products: launchedOf(world).map((product) => foundedProduct(world, product)),
    }),
    ...branches.map((_, place) => stockBranch(world, stocking, place, firstDay)),
  ];
  return { world, deeds };
}

export function usersInsert(users: readonly User[], created_by: number) {
  return insert(
    'users',
    ['user_id', 'username', 'role_id', 'branch_id', 'is_active', 'created_by', 'updated_by'],
    users.map((user) => [user.id, user.username, user.role_id, user.branch_id, 1, created_by, created_by]),
  );
}

export function suppliersInsert(suppliers: readonly Supplier[]) {
  return insert(
    'suppliers',
    ['supplier_id', 'name', 'contact_name', 'contact_phone', 'contact_email'],
    suppliers.map((each) => [each.id, each.name, each.contact_name, each.contact_phone, each.contact_email]),
  );
}

function branchesInsert(branches: readonly Branch[]) {
  return insert(
    'branches',
    ['branch_id', 'name', 'address', 'city', 'region', 'created_by', 'updated_by'],
    branches.map(({ id, name, address, city, region }) => [id, name, address, city, region, FOUNDER_ID, FOUNDER_ID]),
  );
}

export function productsInsert(products: readonly Product[], created_by: number) {
  return insert(
    'products',
    ['product_id', 'sku', 'name', 'category', 'unit_price', 'is_controlled', 'created_by', 'updated_by'],
    products.map((product) => [
      product.id,
      product.sku,
      product.name,
      product.category,
      money(product.price_cents),
      product.is_controlled ? 1 : 0,
      created_by,
      created_by,
    ]),
  );
}

function stockBranch(world: World, random: Random, branch: number, firstDay: number): Deed {
  const rows = launchedOf(world).map((product, place) => {
    const quantity = Math.round(
      fullStock(world.scenario, dailyUnitsOf(world, branch, place)) * random.between(0.35, 1),
    );
    world.stock[cellOf(world, branch, place)] = quantity;
    return [branchAt(world, branch).id, product.id, quantity, dateOfDay(firstDay - random.integer(1, 30))];
  });
  const shelves = launchedOf(world).map((_, place) => ({
    ...branchFacts(world, branch),
    ...productFacts(world, place),
    quantity: String(stockOf(world, branch, place)),
  }));
  return founding(insert('inventory', ['branch_id', 'product_id', 'quantity_on_hand', 'last_counted_date'], rows), {
    shelves,
  });
}

/** Products that are there from the start; those that come later stand after them. */
function launchedOf(world: World): Product[] {
  return world.products.filter(({ isLaunched }) => isLaunched);
}

/** The static data: what is there before the business begins. */
function founding(statement: Statement, facts: Facts = {}): Deed {
  return { statements: [statement], act: { act: 'founding', keys: {}, facts } };
}

/** What the founder says of each user; of themselves too. */
function foundedUser(world: World, user: User) {
  return {
    user_id: String(user.id),
    ...staffFacts(world, user),
    ...roleFacts('role', user.role_id),
    ...userFacts('created_by', founderOf(world)),
  };
}

function foundedProduct(world: World, { id, name, category, price_cents }: Product) {
  const added = userFacts('added_by', founderOf(world));
  return { product_id: String(id), product: name, category, unit_price: money(price_cents), ...added };
}

function founderOf({ users }: World): User {
  const founder = users.find(({ id }) => id === FOUNDER_ID);
  must(founder !== undefined, 'the chain has no founder');
  return founder;
}
