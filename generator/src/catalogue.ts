import { FIRST_NAMES, LINES, SUPPLIER_NAMES, SURNAMES } from './names.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { makeZone, type Zone } from './time.ts';

export const ROLE = { admin: 1, manager: 2, cashier: 3, warehouse: 4 } as const;
export const ROLE_NAMES = ['admin', 'manager', 'cashier', 'warehouse'] as const;
export type RoleId = (typeof ROLE)[keyof typeof ROLE];

export type Branch = {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly city: string;
  readonly region: string;
  readonly size: number;
  /** Its business time: local hours at which it opens and closes, by its own clock. */
  readonly zone: Zone;
  readonly opens: number;
  readonly closes: number;
};
export type Product = {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly is_controlled: boolean;
  price_cents: number;
  /** What it costs to buy. */
  cost_cents: number;
  /** Sold from now on; a new product has its place from the start. */
  isLaunched: boolean;
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

export function makeBranches(scenario: Scenario): Branch[] {
  const zones = new Map<string, Zone>();
  const zoneOf = (name: string): Zone => {
    const zone = zones.get(name) ?? makeZone(name);
    zones.set(name, zone);
    return zone;
  };
  return scenario.branches.map(({ timeZone, ...branch }, index) => ({
    ...branch,
    opens: branch.opens ?? scenario.opens,
    closes: branch.closes ?? scenario.closes,
    id: index + 1,
    name: `Branch ${index + 1}`,
    zone: zoneOf(timeZone ?? scenario.timeZone),
  }));
}

/** Products, no name twice, in an order that says nothing about their demand; those after the first `launched` come later. */
export function makeProducts(random: Random, launched: number, later: number, costShare: number): Product[] {
  const all = LINES.flatMap((line) => line.names.flatMap((name) => line.forms.map((form) => ({ line, name, form }))));
  return random
    .shuffled(all)
    .slice(0, launched + later)
    .map(({ line, name, form }, index) => {
      const price_cents = roundToTen(random.between(...line.cents));
      return {
        id: index + 1,
        sku: `${line.code}-${String(10_001 + index)}`,
        name: `${name} ${form}`,
        category: line.category,
        is_controlled: line.controlled,
        price_cents,
        cost_cents: costOf(price_cents, costShare),
        isLaunched: index < launched,
      };
    });
}

/** What a product of a price is bought for. */
export function costOf(price_cents: number, costShare: number): number {
  return Math.round(price_cents * costShare);
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
