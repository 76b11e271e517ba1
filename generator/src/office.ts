import { costOf, makeLaterSupplier, makeUsername, type Product, ROLE, type RoleId, type User } from './catalogue.ts';
import { roleFacts, staffFacts, userFacts } from './facts.ts';
import { suppliersInsert, usersInsert } from './founding.ts';
import type { Random } from './random.ts';
import { type Deed, money, update } from './transaction.ts';
import { adminsOf, branchAt, forgetStaff, must, staffOf, takeId, type World } from './world.ts';

const CASHIERS_LEAST = 3;
const CASHIERS_MOST = 6;
const MANAGERS_MOST = 2;

/** A promotion or demotion decided by an admin of the chain; undefined if the branch drawn has nobody to spare. */
export function changeARole(world: World, random: Random): Deed | undefined {
  const branch = random.integer(0, world.branches.length - 1);
  const managers = staffOf(world, branch, ROLE.manager);
  const cashiers = staffOf(world, branch, ROLE.cashier);
  if (managers.length >= MANAGERS_MOST) {
    return setRole(world, random.pick(managers), ROLE.cashier, anAdmin(world, random));
  }
  if (cashiers.length <= CASHIERS_LEAST) return undefined;
  const user = random.pick(cashiers);
  const role = random.chance(0.7) ? ROLE.manager : ROLE.warehouse;
  return setRole(world, user, role, anAdmin(world, random));
}

/** Writes a new role; `by` is who did it, which is the user alone in a self-promotion. */
export function setRole(world: World, user: User, role_id: RoleId, by: User): Deed {
  const old_role = user.role_id;
  user.role_id = role_id;
  forgetStaff(world);
  return {
    statements: [update('users', { user_id: user.id }, { role_id, updated_by: by.id })],
    act: {
      act: 'role_changed',
      keys: { user_id: String(user.id) },
      facts: {
        ...staffFacts(world, user),
        ...roleFacts('old_role', old_role),
        ...roleFacts('new_role', role_id),
        ...userFacts('changed_by', by),
      },
    },
  };
}

/** Somebody leaves, from a branch that can spare them. */
export function deactivate(world: World, random: Random): Deed | undefined {
  const branch = random.integer(0, world.branches.length - 1);
  const cashiers = staffOf(world, branch, ROLE.cashier);
  if (cashiers.length <= CASHIERS_LEAST) return undefined;
  const user = random.pick(cashiers);
  user.is_active = false;
  forgetStaff(world);
  const by = anAdmin(world, random);
  return {
    statements: [update('users', { user_id: user.id }, { is_active: 0, updated_by: by.id })],
    act: {
      act: 'leave',
      keys: { user_id: String(user.id) },
      facts: { ...staffFacts(world, user), ...roleFacts('role', user.role_id), ...userFacts('changed_by', by) },
    },
  };
}

/** A new cashier, where there are not too many. */
export function hire(world: World, random: Random): Deed | undefined {
  const branch = random.integer(0, world.branches.length - 1);
  if (staffOf(world, branch, ROLE.cashier).length >= CASHIERS_MOST) return undefined;
  const id = takeId(world, 'user');
  const username = makeUsername(random, id);
  const user = { id, username, branch_id: branchAt(world, branch).id, role_id: ROLE.cashier, is_active: true };
  world.users.push(user);
  forgetStaff(world);
  const by = anAdmin(world, random);
  return {
    statements: [usersInsert([user], by.id)],
    act: {
      act: 'hire',
      keys: { user_id: String(id) },
      facts: { ...staffFacts(world, user), ...roleFacts('role', user.role_id), ...userFacts('created_by', by) },
    },
  };
}

/** A new price, 3 to 12 per cent up or down, by an admin or a manager. */
export function changeAPrice(world: World, random: Random): Deed | undefined {
  const product = random.pick(world.products);
  if (!product.isLaunched) return undefined;
  const factor = 1 + random.between(0.03, 0.12) * (random.chance(0.65) ? 1 : -1);
  const price_cents = Math.max(10, Math.round((product.price_cents * factor) / 10) * 10);
  const new_cents = price_cents === product.price_cents ? price_cents + 10 : price_cents;
  const managers = staffOf(world, random.integer(0, world.branches.length - 1), ROLE.manager);
  const by = random.chance(0.5) && managers.length > 0 ? random.pick(managers) : anAdmin(world, random);
  product.cost_cents = costOf(new_cents, world.scenario.orders.costShare);
  return setPrice(product, new_cents, by);
}

/** Writes a new price. */
export function setPrice(product: Product, price_cents: number, by: User): Deed {
  const [old_price, new_price] = [money(product.price_cents), money(price_cents)];
  product.price_cents = price_cents;
  return {
    statements: [update('products', { product_id: product.id }, { unit_price: new_price, updated_by: by.id })],
    act: {
      act: 'price_changed',
      keys: { product_id: String(product.id) },
      facts: {
        ...{ product: product.name, old_price, new_price, cost: money(product.cost_cents) },
        ...userFacts('changed_by', by),
      },
    },
  };
}

/** A supplier that joins; no product is moved to it. */
export function addSupplier(world: World, random: Random): Deed {
  const supplier = makeLaterSupplier(random, takeId(world, 'supplier'));
  const { id, name, contact_name, contact_phone, contact_email } = supplier;
  return {
    statements: [suppliersInsert([supplier])],
    act: {
      act: 'supplier_added',
      keys: { supplier_id: String(id) },
      facts: { supplier: name, contact_name, contact_phone, contact_email },
    },
  };
}

/** One of the chain's admins. */
export function anAdmin(world: World, random: Random): User {
  const admins = adminsOf(world);
  must(admins.length > 0, 'the chain has no admin left');
  return random.pick(admins);
}
