import type { Branch, Product, RoleId, Supplier, User } from './catalogue.ts';
import { makeSampler, type Random, type Sampler, zipfWeights } from './random.ts';

/** What a sale holds: 3 to 8 different products, most of them once. */
export const BASKET_WEIGHTS = [0.28, 0.25, 0.19, 0.13, 0.09, 0.06] as const;
export const BASKET_LEAST = 3;
export const QUANTITY_WEIGHTS = [0.7, 0.2, 0.07, 0.03] as const;

const ZIPF_EXPONENT = 1.05;
const ZIPF_SHIFT = 10;
/** How far a branch's taste strays from the chain's: gamma shape around 1. */
const TASTE_SHAPE = 8;

const STOCK_DAYS = 14;
const STOCK_LEAST = 12;
const REORDER_DAYS = 5;
const REORDER_LEAST = 5;

export type OrderItem = { readonly product: number; readonly quantity: number };

/** A purchase order that has not come yet. Branch and product are places in the world's lists. */
export type PendingOrder = {
  readonly id: number;
  readonly branch: number;
  /** A place in the world's list, like branch and product. */
  readonly supplier: number;
  readonly items: readonly OrderItem[];
  /** When history lets it arrive; undefined: whoever placed it calls for it. */
  readonly due_us: number | undefined;
  readonly isCancelled: boolean;
  /** The trouble that needs it, if one does. */
  readonly rushFor: string | undefined;
};

export type Counter = 'sale' | 'adjustment' | 'order' | 'user' | 'supplier';

/**
 * The generator's memory of the business. Deeds read and change it in the order of their transactions, so it always equals
 * what the database holds after the last of them. Branches and products are addressed by their place in the lists.
 */
export type World = {
  readonly branches: readonly Branch[];
  readonly products: readonly Product[];
  readonly users: User[];
  /** From whom it buys; each product always comes from the same. */
  readonly suppliers: readonly Pick<Supplier, 'id' | 'name'>[];
  /** Units on hand and on order, a cell per branch and product. */
  readonly stock: Int32Array;
  readonly onOrder: Int32Array;
  /** Units expected to sell on an ordinary day, a cell per branch and product. */
  readonly dailyUnits: Float64Array;
  /** Each branch's part of the chain's sales; they sum to 1. */
  readonly shares: readonly number[];
  readonly samplers: readonly Sampler[];
  /** Products from the most to the least wanted in the chain. */
  readonly byDemand: readonly number[];
  readonly salesPerDay: number;
  pending: PendingOrder[];
  readonly nextId: Record<Counter, number>;
  /** Trouble id → the user who promoted themselves in it, until an admin undoes it. */
  readonly selfPromoted: Map<string, number>;
  readonly staffCache: Map<string, readonly User[]>;
};

export type WorldParts = Pick<World, 'branches' | 'products' | 'users' | 'suppliers' | 'salesPerDay' | 'nextId'>;

/** A world with empty shelves; who calls fills `stock`. Demand follows from the random stream alone. */
export function makeWorld(parts: WorldParts, random: Random): World {
  const { branches, products, salesPerDay } = parts;
  const cells = branches.length * products.length;
  const byDemand = random.fork('demand').shuffled(products.map((_, place) => place));
  const chainWeights = new Float64Array(products.length);
  for (const [rank, weight] of zipfWeights(products.length, ZIPF_EXPONENT, ZIPF_SHIFT).entries()) {
    chainWeights[byDemand[rank] ?? 0] = weight;
  }
  const shares = sharesOf(branches, random.fork('shares'));
  const tastes = branches.map((branch) => branchWeights(chainWeights, random.fork(`taste:${branch.id}`)));
  const dailyUnits = new Float64Array(cells);
  for (const [branch, weights] of tastes.entries()) {
    const units = salesPerDay * (shares[branch] ?? 0) * unitsPerSale();
    dailyUnits.set(
      weights.map((weight) => weight * units),
      branch * products.length,
    );
  }
  return {
    ...parts,
    stock: new Int32Array(cells),
    onOrder: new Int32Array(cells),
    dailyUnits,
    shares,
    samplers: tastes.map(makeSampler),
    byDemand,
    pending: [],
    selfPromoted: new Map(),
    staffCache: new Map(),
  };
}

export function cellOf(world: Pick<World, 'products'>, branch: number, product: number): number {
  return branch * world.products.length + product;
}

export function stockOf(world: World, branch: number, product: number): number {
  return world.stock[cellOf(world, branch, product)] ?? 0;
}

export function dailyUnitsOf(world: World, branch: number, product: number): number {
  return world.dailyUnits[cellOf(world, branch, product)] ?? 0;
}

/** Shelves never hold less than nothing: who would take more than there is has a bug. */
export function moveStock(world: World, branch: number, product: number, change: number): void {
  const after = stockOf(world, branch, product) + change;
  must(after >= 0, `stock of branch ${branch}, product ${product} would become ${after}`);
  world.stock[cellOf(world, branch, product)] = after;
}

/** The stock that an order fills up to. */
export function fullStock(dailyUnits: number): number {
  return Math.ceil(dailyUnits * STOCK_DAYS) + STOCK_LEAST;
}

/** Units to order now for one shelf, counting what is on its way; 0 while there is enough. */
export function unitsToOrder(world: World, branch: number, product: number): number {
  const cell = cellOf(world, branch, product);
  const daily = world.dailyUnits[cell] ?? 0;
  const coming = (world.stock[cell] ?? 0) + (world.onOrder[cell] ?? 0);
  return coming < Math.ceil(daily * REORDER_DAYS) + REORDER_LEAST ? fullStock(daily) - coming : 0;
}

/** Active users of a branch with one of the roles, in order of id. */
export function staffOf(world: World, branch: number, ...roles: readonly RoleId[]): readonly User[] {
  const key = `${branch}:${roles.join()}`;
  const known = world.staffCache.get(key);
  if (known !== undefined) return known;
  const branch_id = branchAt(world, branch).id;
  const found = world.users.filter(
    (user) => user.is_active && user.branch_id === branch_id && roles.some((role) => role === user.role_id),
  );
  world.staffCache.set(key, found);
  return found;
}

/** The chain's own admins: who gave themselves the role is not among them. */
export function adminsOf(world: World): readonly User[] {
  return world.users.filter((user) => user.is_active && user.branch_id === null && user.role_id === 1);
}

/** To be called after every change to a user. */
export function forgetStaff(world: World): void {
  world.staffCache.clear();
}

export function takeId(world: World, counter: Counter): number {
  const id = world.nextId[counter];
  world.nextId[counter] = id + 1;
  return id;
}

export function branchAt(world: Pick<World, 'branches'>, place: number): Branch {
  const branch = world.branches[place];
  must(branch !== undefined, `there is no branch at place ${place}`);
  return branch;
}

export function productAt(world: Pick<World, 'products'>, place: number): Product {
  const product = world.products[place];
  must(product !== undefined, `there is no product at place ${place}`);
  return product;
}

/** A bug, not bad input: the process stops with what was written up to here. */
export function must(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`bug in the generator: ${claim}`);
}

function unitsPerSale(): number {
  const mean = (weights: readonly number[], least: number) =>
    weights.reduce((sum, weight, index) => sum + weight * (least + index), 0);
  return mean(BASKET_WEIGHTS, BASKET_LEAST) * mean(QUANTITY_WEIGHTS, 1);
}

function sharesOf(branches: readonly Branch[], random: Random): number[] {
  const sizes = branches.map((branch) => branch.size * random.around1(40));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / total);
}

function branchWeights(chainWeights: Float64Array, random: Random): number[] {
  const weights = Array.from(chainWeights, (weight) => weight * random.around1(TASTE_SHAPE));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
