import { ROLE_NAMES, type RoleId, type User } from './catalogue.ts';
import { branchAt, productAt, type World } from './world.ts';

/** What the business did in one transaction, in its own words. `unexplained` means nothing to it. */
export type ActName =
  | 'founding'
  | 'sale'
  | 'adjustment'
  | 'order_placed'
  | 'order_received'
  | 'order_cancelled'
  | 'hire'
  | 'leave'
  | 'role_changed'
  | 'price_changed'
  | 'supplier_added'
  | 'product_added'
  | 'sale_voided'
  | 'sale_altered'
  | 'stock_changed'
  | 'unexplained';

/** Every value is text, as the database holds it; a list has an object for each of its things. */
export type Facts = Readonly<Record<string, string | null | readonly Readonly<Record<string, string | null>>[]>>;

/** One act of the business: `keys` find its main row, `facts` say all that somebody would tell about it. */
export type Act = {
  readonly act: ActName;
  readonly keys: Readonly<Record<string, string>>;
  readonly facts: Facts;
};

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
