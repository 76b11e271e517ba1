import { ROLE } from './catalogue.ts';
import { userFacts } from './facts.ts';
import { productsInsert } from './founding.ts';
import { anAdmin, setRole } from './office.ts';
import type { Random } from './random.ts';
import { adjust, drawProduct } from './shop.ts';
import { type Deed, insert, money, type TroubleMark } from './transaction.ts';
import { actorOf, type Lot } from './trouble.ts';
import { branchAt, productAt, staffOf, stockOf, type World } from './world.ts';

/** One correction of a month's count, small, by the manager. Undefined if the branch has none, or too little on the shelf. */
export function countShelf(world: World, random: Random, lot: Lot, now_us: number): Deed | undefined {
  const { branch } = lot;
  const user = staffOf(world, branch, ROLE.manager)[0];
  const product = drawProduct(world, random, branch);
  const change = random.integer(...world.scenario.hardNegatives.monthEndCount.units) * (random.chance(0.7) ? -1 : 1);
  if (user === undefined || stockOf(world, branch, product) + change < 0) return undefined;
  if (!productAt(world, product).isLaunched) return undefined;
  const notes = 'month-end count';
  const deed = adjust(world, { branch, product, change, reason: 'COUNT', user, adjusted_us: now_us, notes });
  const { id: branch_id } = branchAt(world, branch);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'branch', kind: 'month_end_count', isAnomaly: false, isLast: false },
    ...{ entity: { type: 'branch', id: branch_id }, branch_id, weight: 1, unit: 'corrections' },
    keys: { adjust_id: deed.adjust_id, product_id: productAt(world, product).id, adjusted_by_user_id: user.id },
  };
  return { ...deed, trouble };
}

/** What has expired goes, by the manager and with a note. Undefined if no manager is there or little is. */
export function writeOff(world: World, random: Random, lot: Lot, now_us: number): Deed | undefined {
  const { branch } = lot;
  const product = world.byDemand[lot.rank] ?? 0;
  const user = staffOf(world, branch, ROLE.manager)[0];
  const old_qty = stockOf(world, branch, product);
  const units = Math.min(old_qty, random.integer(...world.scenario.hardNegatives.expiryWriteOff.units));
  if (user === undefined || units < 1) return undefined;
  const notes = `expired, batch ${random.integer(10_000, 99_999)}`;
  const deed = adjust(world, { branch, product, change: -units, reason: 'DAMAGE', user, adjusted_us: now_us, notes });
  const product_id = productAt(world, product).id;
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'inventory', kind: 'expiry_write_off', isAnomaly: false, isLast: true },
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

/** A manager becomes admin, decided by an admin of the chain. Undefined if the branch has no manager. */
export function promote(world: World, random: Random, lot: Lot): Deed | undefined {
  const user = actorOf(staffOf(world, lot.branch, ROLE.manager), lot);
  if (user === undefined) return undefined;
  const by = anAdmin(world, random);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'user', kind: 'approved_promotion', isAnomaly: false, isLast: true },
    ...{ entity: { type: 'user', id: user.id }, branch_id: user.branch_id, weight: 1, unit: 'role_changes' },
    keys: { user_id: user.id, updated_by: by.id, old_role_id: user.role_id, new_role_id: ROLE.admin },
  };
  return { ...setRole(world, user, ROLE.admin, by), trouble };
}

/** The next product that waits for its launch, with an empty shelf in every branch. Undefined if none waits. */
export function launch(world: World, random: Random, lot: Lot): Deed | undefined {
  const product = world.products.find(({ isLaunched }) => !isLaunched);
  if (product === undefined) return undefined;
  product.isLaunched = true;
  const by = anAdmin(world, random);
  const shelves = world.branches.map(({ id }) => [id, product.id, 0]);
  const trouble: TroubleMark = {
    ...{ id: lot.id, family: 'product', kind: 'new_product', isAnomaly: false, isLast: true },
    ...{ entity: { type: 'product', id: product.id }, branch_id: null, weight: 1, unit: 'products' },
    keys: { product_id: product.id },
  };
  return {
    statements: [
      productsInsert([product], by.id),
      insert('inventory', ['branch_id', 'product_id', 'quantity_on_hand'], shelves),
    ],
    act: {
      act: 'product_added',
      keys: { product_id: String(product.id) },
      facts: {
        ...{ product: product.name, unit_price: money(product.price_cents), category: product.category },
        ...userFacts('added_by', by),
      },
    },
    trouble,
  };
}
