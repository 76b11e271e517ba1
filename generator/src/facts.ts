import { ROLE_NAMES, type RoleId, type User } from './catalogue.ts';
import { branchAt, productAt, stockOf, type World } from './world.ts';

type Named<Prefix extends string> = Readonly<Record<`${Prefix}_id` | Prefix, string>>;

export function branchFacts(world: Pick<World, 'branches'>, branch: number): Named<'branch'> {
  const { id, name } = branchAt(world, branch);
  return { branch_id: String(id), branch: name };
}

export function productFacts(world: Pick<World, 'products'>, product: number): Named<'product'> {
  const { id, name } = productAt(world, product);
  return { product_id: String(id), product: name };
}

/** What a shelf holds now, and what it will hold after a change that has not been made yet. */
export function shelfFacts(world: World, branch: number, product: number, change: number) {
  const held = stockOf(world, branch, product);
  return { old_qty: String(held), new_qty: String(held + change) };
}

/** The id and name of a user under the part that they play, for example `cashier_id` and `cashier`. */
export function userFacts<Part extends string>(part: Part, user: Pick<User, 'id' | 'username'>): Named<Part> {
  return { [`${part}_id`]: String(user.id), [part]: user.username } as Named<Part>;
}

export function roleFacts<Part extends string>(part: Part, role: RoleId): Named<Part> {
  return { [`${part}_id`]: String(role), [part]: ROLE_NAMES[role - 1] ?? '' } as Named<Part>;
}

/** Who, and of which branch; the chain's own people have none. */
export function staffFacts(world: Pick<World, 'branches'>, { username, branch_id }: User) {
  const branch = world.branches.findIndex(({ id }) => id === branch_id);
  return { username, ...(branch < 0 ? { branch_id: null, branch: null } : branchFacts(world, branch)) };
}
