import type { Branch, Product, RoleId, Supplier, User } from './catalogue.ts';
import { type Draws, makeDraws, meanOf, type Payment } from './draws.ts';
import { makeSampler, type Random, type Sampler, zipfWeights } from './random.ts';
import type { Scenario } from './scenario.ts';
import { makeShape, type Shape } from './shape.ts';
import { makeZone, type Zone } from './time.ts';
import type { Wave } from './waves.ts';

/** Sales that can still be taken back or altered: the newest ones. */
const RECENT_SALES_MAX = 500;

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

export type SaleLine = { readonly product: number; readonly quantity: number; readonly price_cents: number };

export type RecentSale = {
  readonly id: number;
  readonly branch: number;
  readonly lines: readonly SaleLine[];
  readonly sold_us: number;
  readonly total_cents: number;
  readonly payment: Payment;
  readonly cashier: User;
};

export type Counter = 'sale' | 'adjustment' | 'order' | 'user' | 'supplier';

/**
 * The generator's memory of the business. Deeds read and change it in the order of their transactions, so it always equals
 * what the database holds after the last of them. Branches and products are addressed by their place in the lists.
 */
export type World = {
  readonly scenario: Scenario;
  /** Of the chain's office; each branch has its own. */
  readonly zone: Zone;
  readonly shape: Shape;
  readonly draws: Draws;
  /** Products that a sale has at least. */
  readonly basketLeast: number;
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
  pending: PendingOrder[];
  /** The newest sales, oldest first. */
  readonly recentSales: RecentSale[];
  /** What moves demand, over the whole of a history, and the part of it that does so now. */
  waves: readonly Wave[];
  wavesNow: readonly Wave[];
  readonly nextId: Record<Counter, number>;
  /** Trouble id → the user who was made admin in it, until an admin undoes it. */
  readonly wronglyPromoted: Map<string, number>;
  /** Promotion → the price that comes back after it. */
  readonly priceBefore: Map<string, number>;
  readonly staffCache: Map<string, readonly User[]>;
};

export type WorldParts = Pick<World, 'scenario' | 'branches' | 'products' | 'users' | 'suppliers' | 'nextId'>;

/** A world with empty shelves; who calls fills `stock`. Demand follows from the random stream alone. */
export function makeWorld(parts: WorldParts, random: Random): World {
  const { branches, products, scenario } = parts;
  const { demand, basket, salesPerDay } = scenario;
  const cells = branches.length * products.length;
  const byDemand = random.fork('demand').shuffled(products.map((_, place) => place));
  const chainWeights = new Float64Array(products.length);
  for (const [rank, weight] of zipfWeights(products.length, demand.exponent, demand.shift).entries()) {
    chainWeights[byDemand[rank] ?? 0] = weight;
  }
  const shares = sharesOf(branches, random.fork('shares'));
  const tastes = branches.map((branch) => branchWeights(chainWeights, random.fork(`taste:${branch.id}`), demand.taste));
  const dailyUnits = new Float64Array(cells);
  for (const [branch, weights] of tastes.entries()) {
    const units = salesPerDay * (shares[branch] ?? 0) * meanOf(basket.lines) * meanOf(basket.units);
    dailyUnits.set(
      weights.map((weight) => weight * units),
      branch * products.length,
    );
  }
  return {
    ...parts,
    zone: makeZone(scenario.timeZone),
    shape: makeShape(scenario),
    draws: makeDraws(scenario),
    basketLeast: Math.min(...Object.keys(basket.lines).map(Number)),
    stock: new Int32Array(cells),
    onOrder: new Int32Array(cells),
    dailyUnits,
    shares,
    samplers: tastes.map(makeSampler),
    byDemand,
    pending: [],
    recentSales: [],
    waves: [],
    wavesNow: [],
    wronglyPromoted: new Map(),
    priceBefore: new Map(),
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

/** Only who oversells may leave a shelf with less than nothing: who else takes more than there is has a bug. */
export function moveStock(world: World, branch: number, product: number, change: number, mayOversell = false): void {
  const after = stockOf(world, branch, product) + change;
  must(after >= 0 || change > 0 || mayOversell, `stock of branch ${branch}, product ${product} would become ${after}`);
  world.stock[cellOf(world, branch, product)] = after;
}

/** The stock that an order fills up to. */
export function fullStock({ stock }: Scenario, dailyUnits: number): number {
  return Math.ceil(dailyUnits * stock.fullDays) + stock.fullUnits;
}

/** Units to order now for one shelf, counting what is on its way; 0 while there is enough. */
export function unitsToOrder(world: World, branch: number, product: number): number {
  if (!productAt(world, product).isLaunched) return 0;
  const { reorderDays, reorderUnits } = world.scenario.stock;
  const cell = cellOf(world, branch, product);
  const daily = world.dailyUnits[cell] ?? 0;
  const coming = (world.stock[cell] ?? 0) + (world.onOrder[cell] ?? 0);
  return coming < Math.ceil(daily * reorderDays) + reorderUnits ? fullStock(world.scenario, daily) - coming : 0;
}

export function rememberSale(world: World, sale: RecentSale): void {
  world.recentSales.push(sale);
  if (world.recentSales.length > RECENT_SALES_MAX) world.recentSales.shift();
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

function sharesOf(branches: readonly Branch[], random: Random): number[] {
  const sizes = branches.map((branch) => branch.size * random.around1(40));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / total);
}

function branchWeights(chainWeights: Float64Array, random: Random, taste: number): number[] {
  const weights = Array.from(chainWeights, (weight) => weight * random.around1(taste));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
