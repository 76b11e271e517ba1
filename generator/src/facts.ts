import { ROLE_NAMES, type RoleId, type User } from './catalogue.ts';
import { branchAt, productAt, type World } from './world.ts';

type Named<Prefix extends string> = Readonly<Record<`${Prefix}_id` | Prefix, string>>;

export function branchFacts(world: Pick<World, 'branches'>, branch: number): Named<'branch'> {
  const { id, name } = branchAt(world, branch);
  return { branch_id: String(id), branch: name };
}

export function productFacts(world: Pick<World, 'products'>, product: number): Named<'product'> {
  const { id, name } = productAt(world, product);
  return { product_id: String(id), product: name };
}

/** The id and name of a user under the part that they play, for example `cashier_id` and `cashier`. */
export function userFacts<Part extends string>(part: Part, user: Pick<User, 'id' | 'username'>): Named<Part> {
  return { [`${part}_id`]: String(user.id), [part]: user.username } as Named<Part>;
}

export function roleFacts<Part extends string>(part: Part, role: RoleId): Named<Part> {
  return { [`${part}_id`]: String(role), [part]: ROLE_NAMES[role - 1] ?? '' } as Named<Part>;
}
