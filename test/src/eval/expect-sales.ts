import { NOBODY, stockMoved } from './expect-stock.ts';
import {
  amountOf,
  type Expected,
  type Facts,
  hundredths,
  percentOf,
  pick,
  present,
  type Told,
  total,
} from './expected.ts';
import type { OpeningHours } from './opening-hours.ts';

const lineTotal = ({ quantity, unit_price }: Facts): number => Number(quantity) * hundredths(unit_price);

/** What products cost at the time of a sale: customers, by the list, and the chain, in its newest order, null when there was none. */
interface Prices {
  readonly priceOf: (product_id: string) => string;
  readonly costOf: (product_id: string) => string | null;
}

/** A sale, and for each of its lines the shelf that it took from. */
export function soldEvents(told: Told, hours: OpeningHours, prices: Prices): Expected[] {
  const items = told.things('items');
  const cashier = { id: told.fact('cashier_id'), label: told.fact('cashier') };
  const lines = total(items, lineTotal);
  const sold: Expected = {
    ...{ type: 'sale.completed', entityType: 'sale', entityId: told.key('sale_id'), actor: cashier, confidence: 1 },
    payload: {
      sale_id: told.key('sale_id'),
      ...told.facts('branch_id', 'branch', 'total_amount', 'payment_method', 'cashier_id', 'cashier'),
      lines_total: amountOf(lines),
      total_matches_lines: hundredths(told.fact('total_amount')) === lines,
      item_count: String(items.length),
      discount_percent: largestDiscount(items, prices),
      below_cost: items.some(({ product_id, unit_price }) => {
        const cost = prices.costOf(present(product_id, 'product_id'));
        return cost !== null && hundredths(unit_price) < hundredths(cost);
      }),
      items: items.map((item) => pick(item, 'product_id', 'product', 'quantity', 'unit_price')),
      occurred_at: told.fact('sale_time'),
    },
  };
  const by = { adjusted_by_id: cashier.id, adjusted_by: cashier.label, occurred_at: told.fact('sale_time') };
  return [sold, ...movesOf(told, hours, cashier, by)];
}

function largestDiscount(items: readonly Facts[], { priceOf }: Prices): string {
  const discounts = items.map(({ product_id, unit_price }) => {
    const listed = hundredths(priceOf(present(product_id, 'product_id')));
    return percentOf(listed - hundredths(unit_price), listed);
  });
  return discounts.reduce((largest, discount) => (Number(discount) > Number(largest) ? discount : largest));
}

/** A sale that is taken back, and for each of its lines the shelf that it went back to. */
export function voidedEvents(told: Told, hours: OpeningHours): Expected[] {
  const items = told.things('items');
  const voided: Expected = {
    ...{ type: 'sale.voided', entityType: 'sale', entityId: told.key('sale_id'), actor: NOBODY, confidence: 1 },
    payload: {
      sale_id: told.key('sale_id'),
      ...told.facts('branch_id', 'branch', 'total_amount', 'payment_method', 'cashier_id', 'cashier'),
      sold_at: told.fact('sale_time'),
      item_count: String(items.length),
      stock_returned: items.every(
        ({ old_qty, new_qty, quantity }) => Number(new_qty) - Number(old_qty) === Number(quantity),
      ),
      after_hours: hours.isClosedAt(told.at, told.fact('branch_id')),
    },
  };
  return [voided, ...movesOf(told, hours, NOBODY, {})];
}

function movesOf(told: Told, hours: OpeningHours, actor: Expected['actor'], by: Facts): Expected[] {
  const where = told.facts('branch_id', 'branch');
  return told.things('items').map((item) => {
    const movement = { ...where, ...pick(item, 'product_id', 'product', 'old_qty', 'new_qty'), reason: 'SALE' };
    return stockMoved(movement, {
      ...{ actor, confidence: 1 },
      after_hours: hours.isClosedAt(told.at, told.fact('branch_id')),
      also: { ...by, sale_id: told.key('sale_id') },
    });
  });
}

/** A sale that was written anew. Where only a line was, its amounts are the line's, and it is less sure. */
export function alteredEvents(told: Told, hours: OpeningHours): Expected[] {
  const column = told.fact('column');
  const [from, to] = [told.fact('old_value'), told.fact('new_value')];
  const sale_id = told.key('sale_id');
  const common = { type: 'sale.altered', entityType: 'sale', entityId: sale_id, actor: NOBODY };
  const amounts = (before: number, after: number) => ({
    ...{ old_total: amountOf(before), new_total: amountOf(after), delta: amountOf(after - before) },
    changes: [{ column, from, to }],
  });
  if (column === 'unit_price') {
    const quantity = Number(told.fact('quantity'));
    const line = amounts(quantity * hundredths(from), quantity * hundredths(to));
    return [{ ...common, confidence: 0.9, payload: { sale_id, ...line, lines_altered: '1' } }];
  }
  const before = hundredths(told.fact('total_amount'));
  const after = column === 'total_amount' ? hundredths(to) : before;
  const payload = {
    sale_id,
    ...told.facts('branch_id', 'branch'),
    ...{ sold_at: told.fact('sale_time'), ...amounts(before, after), lines_altered: '0' },
    after_hours: hours.isClosedAt(told.at, told.fact('branch_id')),
  };
  return [{ ...common, confidence: 1, payload }];
}
