import type { Facts } from './act.ts';
import { branchFacts, productFacts, userFacts } from './facts.ts';
import { changeUnrecorded } from './fraud.ts';
import { anAdmin, setPrice } from './office.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { drawProduct, saleItem, sell, stockUpdate } from './shop.ts';
import { dateOfDay, HOUR_US } from './time.ts';
import { type Deed, money, remove, type Statement, update } from './transaction.ts';
import { branchAt, productAt, type RecentSale, stockOf, type World } from './world.ts';

type Doing = (world: World, random: Random, now_us: number) => Deed | undefined;

/** What happens beyond the ordinary, by its dial; each undefined where there is nothing to do it to. */
export const UNUSUAL: Readonly<Record<keyof Scenario['unusual'], Doing>> = {
  salesVoided: voidASale,
  salesAltered: alterASale,
  salesOversold: (world, random, now_us) =>
    sell(world, random, aBranch(world, random), now_us, { oversold: random.integer(1, 5) }),
  pricesBelowCost: priceBelowCost,
  stockUnrecorded: (world, random) => {
    const branch = aBranch(world, random);
    const product = drawProduct(world, random, branch);
    const units = random.integer(1, 10);
    return stockOf(world, branch, product) >= units ? changeUnrecorded(world, branch, product, -units) : undefined;
  },
  unexplained: maintain,
};

/** A recent sale is taken back whole: its rows go, its units come back. */
function voidASale(world: World, random: Random): Deed | undefined {
  const sale = aSale(world, random);
  if (sale === undefined) return undefined;
  world.recentSales.splice(world.recentSales.indexOf(sale), 1);
  const { id: sale_id, branch, lines } = sale;
  const items = lines.map((line) => saleItem(world, branch, line, line.quantity));
  return {
    statements: [
      ...lines.map(({ product }) => remove('sale_items', { sale_id, product_id: productAt(world, product).id })),
      remove('sales', { sale_id }),
      ...lines.map(({ product, quantity }) => stockUpdate(world, branch, product, quantity)),
    ],
    act: {
      act: 'sale_voided',
      keys: { sale_id: String(sale_id) },
      facts: { ...saleFacts(world, sale), items },
    },
  };
}

/** The total, the payment, the time or the price of a line of a recent sale is written anew; nothing else follows it. */
function alterASale(world: World, random: Random): Deed | undefined {
  const sale = aSale(world, random);
  const [line] = sale?.lines ?? [];
  if (sale === undefined || line === undefined) return undefined;
  world.recentSales.splice(world.recentSales.indexOf(sale), 1);
  const where = { sale_id: sale.id };
  const lower = random.between(0.3, 0.9);
  const altered = (change: readonly [string, string, string], statement: Statement, of: Facts = {}): Deed => {
    const [column, old_value, new_value] = change;
    const facts = { ...saleFacts(world, sale), ...of, column, old_value, new_value };
    return { statements: [statement], act: { act: 'sale_altered', keys: { sale_id: String(sale.id) }, facts } };
  };
  switch (random.integer(0, 3)) {
    case 0: {
      const total = money(Math.floor(sale.total_cents * lower));
      const change = ['total_amount', money(sale.total_cents), total] as const;
      return altered(change, update('sales', where, { total_amount: total }));
    }
    case 1: {
      const method = sale.payment === 'CASH' ? 'CARD' : 'CASH';
      return altered(['payment_method', sale.payment, method], update('sales', where, { payment_method: method }));
    }
    case 2: {
      const { zone } = branchAt(world, sale.branch);
      const [before, earlier] = [zone.dateTime(sale.sold_us), zone.dateTime(sale.sold_us - HOUR_US)];
      return altered(['sale_time', before, earlier], update('sales', where, { sale_time: earlier }));
    }
    default: {
      const price = money(Math.floor(line.price_cents * lower));
      const item = { ...where, product_id: productAt(world, line.product).id };
      const of = { ...productFacts(world, line.product), quantity: String(line.quantity) };
      const change = ['unit_price', money(line.price_cents), price] as const;
      return altered(change, update('sale_items', item, { unit_price: price }), of);
    }
  }
}

function priceBelowCost(world: World, random: Random): Deed | undefined {
  const product = random.pick(world.products);
  const price_cents = Math.floor(product.cost_cents * random.between(0.5, 0.95));
  if (!product.isLaunched || price_cents < 1) return undefined;
  return setPrice(product, price_cents, anAdmin(world, random));
}

/** Rows touched by a hand that had nothing of the business in mind. */
function maintain(world: World, random: Random, now_us: number): Deed | undefined {
  const phone = `+51 9${random.integer(10_000_000, 99_999_999)}`;
  const meaningless = (statements: Statement[]): Deed => ({
    statements,
    act: { act: 'unexplained', keys: {}, facts: {} },
  });
  switch (random.integer(0, 2)) {
    case 0: {
      const { id, address } = branchAt(world, aBranch(world, random));
      const text = `${address}, door ${random.integer(1, 9999)}`;
      return meaningless([update('branches', { branch_id: id }, { address: text })]);
    }
    case 1:
      return meaningless([
        update('suppliers', { supplier_id: random.pick(world.suppliers).id }, { contact_phone: phone }),
      ]);
    default: {
      // The day of a count that nobody made, of a few shelves at once: what they hold stays.
      const { id: product_id, isLaunched } = random.pick(world.products);
      const last_counted_date = dateOfDay(world.zone.day(now_us) - random.integer(400, 4000));
      if (!isLaunched) return undefined;
      return meaningless(
        world.branches
          .slice(0, random.integer(2, 6))
          .map(({ id }) => update('inventory', { branch_id: id, product_id }, { last_counted_date })),
      );
    }
  }
}

function saleFacts(world: World, { branch, cashier, sold_us, total_cents, payment }: RecentSale) {
  const sale_time = branchAt(world, branch).zone.dateTime(sold_us);
  const paid = { sale_time, total_amount: money(total_cents), payment_method: payment };
  return { ...branchFacts(world, branch), ...userFacts('cashier', cashier), ...paid };
}

/** Never the newest, so that what is taken back is never what has just been rung up. */
function aSale(world: World, random: Random): RecentSale | undefined {
  const { length } = world.recentSales;
  return length < 2 ? undefined : world.recentSales[random.integer(0, length - 2)];
}

function aBranch(world: World, random: Random): number {
  return random.integer(0, world.branches.length - 1);
}
