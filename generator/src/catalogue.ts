import { FIRST_NAMES, LINES, PLACES, SUPPLIER_NAMES, SURNAMES } from './names.ts';
import type { Random } from './random.ts';

export const ROLE = { admin: 1, manager: 2, cashier: 3, warehouse: 4 } as const;
export const ROLE_NAMES = ['admin', 'manager', 'cashier', 'warehouse'] as const;
export type RoleId = (typeof ROLE)[keyof typeof ROLE];

const PRODUCT_COUNT = 500;

export type Branch = { readonly id: number; readonly name: string; readonly size: number };
export type Product = {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly is_controlled: boolean;
  price_cents: number;
};
export type User = {
  readonly id: number;
  readonly username: string;
  readonly branch_id: number | null;
  role_id: RoleId;
  is_active: boolean;
};
export type Supplier = {
  readonly id: number;
  readonly name: string;
  readonly contact_name: string;
  readonly contact_phone: string;
  readonly contact_email: string;
};

export function makeBranches(): Branch[] {
  return PLACES.map((place, index) => ({ id: index + 1, name: `Branch ${index + 1}`, size: place.size }));
}

/** 500 products, no name twice, in an order that says nothing about their demand. */
export function makeProducts(random: Random): Product[] {
  const all = LINES.flatMap((line) => line.names.flatMap((name) => line.forms.map((form) => ({ line, name, form }))));
  return random
    .shuffled(all)
    .slice(0, PRODUCT_COUNT)
    .map(({ line, name, form }, index) => ({
      id: index + 1,
      sku: `${line.code}-${String(10_001 + index)}`,
      name: `${name} ${form}`,
      category: line.category,
      is_controlled: line.controlled,
      price_cents: roundToTen(random.between(...line.cents)),
    }));
}

/** Two admins of the whole chain; a manager, 3 to 5 cashiers and a warehouse clerk for each branch. */
export function makeUsers(random: Random, branches: readonly Branch[]): User[] {
  const users: User[] = [];
  const add = (role_id: RoleId, branch_id: number | null): void => {
    const id = users.length + 1;
    users.push({ id, username: makeUsername(random, id), branch_id, role_id, is_active: true });
  };
  add(ROLE.admin, null);
  add(ROLE.admin, null);
  for (const branch of branches) {
    add(ROLE.manager, branch.id);
    for (let left = random.integer(3, 5); left > 0; left -= 1) add(ROLE.cashier, branch.id);
    add(ROLE.warehouse, branch.id);
  }
  return users;
}

/** The id makes the name unique. */
export function makeUsername(random: Random, id: number): string {
  return `${random.pick(FIRST_NAMES)}.${random.pick(SURNAMES)}.${String(id).padStart(3, '0')}`;
}

export function makeSuppliers(random: Random): Supplier[] {
  const count = random.integer(10, 15);
  return random
    .shuffled(SUPPLIER_NAMES)
    .slice(0, count)
    .map((name, index) => makeSupplier(random, index + 1, `${name} S.A.C.`));
}

/** A supplier that joins later; the id keeps its name apart from the first ones. */
export function makeLaterSupplier(random: Random, id: number): Supplier {
  return makeSupplier(random, id, `${random.pick(SUPPLIER_NAMES)} ${id} E.I.R.L.`);
}

function makeSupplier(random: Random, id: number, name: string): Supplier {
  const first = random.pick(FIRST_NAMES);
  const surname = random.pick(SURNAMES);
  return {
    id,
    name,
    contact_name: `${capital(first)} ${capital(surname)}`,
    contact_phone: `+51 9${random.integer(10_000_000, 99_999_999)}`,
    contact_email: `${first}.${surname}@supplier${id}.example`,
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function roundToTen(cents: number): number {
  return Math.round(cents / 10) * 10;
}
