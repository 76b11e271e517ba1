import { NOBODY } from './expect-stock.ts';
import { amountOf, type Expected, type Facts, hundredths, present, type Told, total } from './expected.ts';

/** Goods that were received while no shelf rose. */
const CONFIDENCE_ON_PAPER = 0.5;

/** Purchase orders, with what one must remember of those before: an order that is settled does not say again how it was placed. */
export interface Orders {
  readonly placed: (told: Told) => Expected[];
  readonly received: (told: Told) => Expected[];
  readonly cancelled: (told: Told) => Expected[];
  /** What one unit of a product cost in the newest order of it; null when none was placed. */
  readonly lastCost: (product_id: string) => string | null;
}

export function makeOrders(): Orders {
  const open = new Map<string, { readonly header: Facts; readonly order_date: string; readonly costs: Facts }>();
  const costs = new Map<string, string>();
  const orderOf = (told: Told) => {
    const po_id = told.key('po_id');
    const order = open.get(po_id);
    if (order === undefined) throw new Error(`order ${po_id} is settled at ${told.at}, but no act placed it`);
    open.delete(po_id);
    return order;
  };
  const eventOf = (told: Told, what: string, rest: Omit<Expected, 'type' | 'entityType' | 'entityId'>): Expected => ({
    ...{ type: `purchase_order.${what}`, entityType: 'purchase_order', entityId: told.key('po_id') },
    ...rest,
  });
  return {
    lastCost: (product_id) => costs.get(product_id) ?? null,
    placed: (told) => {
      const items = told.things('items');
      const header = {
        po_id: told.key('po_id'),
        ...told.facts('supplier_id', 'supplier', 'ordered_by_id', 'ordered_by'),
      };
      const byProduct = Object.fromEntries(items.map(({ product_id, unit_cost }) => [product_id, unit_cost ?? null]));
      open.set(told.key('po_id'), { header, order_date: told.fact('order_date'), costs: byProduct });
      for (const { product_id, unit_cost } of items)
        costs.set(present(product_id, 'product_id'), present(unit_cost, 'unit_cost'));
      const payload = {
        ...header,
        status: 'PENDING',
        item_count: String(items.length),
        units_ordered: unitsOf(items, 'quantity_ordered'),
        cost: amountOf(
          total(items, ({ quantity_ordered, unit_cost }) => Number(quantity_ordered) * hundredths(unit_cost)),
        ),
      };
      const actor = { id: told.fact('ordered_by_id'), label: told.fact('ordered_by') };
      return [eventOf(told, 'placed', { actor, confidence: 1, payload })];
    },
    received: (told) => {
      const { header, order_date, costs: unitCosts } = orderOf(told);
      const items = told
        .things('items')
        .map((item) => ({ ...item, unit_cost: unitCosts[item.product_id ?? ''] ?? null }) as Facts);
      const stocked = total(items, ({ old_qty, new_qty }) => Number(new_qty) - Number(old_qty));
      const payload = {
        ...{ ...header, order_date },
        ...(stocked > 0 ? told.facts('branch_id', 'branch') : { branch_id: null, branch: null }),
        item_count: String(items.length),
        units_ordered: unitsOf(items, 'quantity_ordered'),
        units_received: unitsOf(items, 'quantity_received'),
        units_stocked: String(stocked),
        cost: amountOf(
          total(items, ({ quantity_received, unit_cost }) => Number(quantity_received) * hundredths(unit_cost)),
        ),
        items: items.map((item) => ({
          ...{ product_id: item.product_id ?? null, product: item.product ?? null, unit_cost: item.unit_cost ?? null },
          ...{ ordered: item.quantity_ordered ?? null, received: item.quantity_received ?? null },
        })),
      };
      return [eventOf(told, 'received', { actor: NOBODY, confidence: stocked > 0 ? 1 : CONFIDENCE_ON_PAPER, payload })];
    },
    cancelled: (told) => {
      const payload = { ...orderOf(told).header, old_status: 'PENDING' };
      return [eventOf(told, 'cancelled', { actor: NOBODY, confidence: 1, payload })];
    },
  };
}

const unitsOf = (items: readonly Facts[], name: string): string => String(total(items, (item) => Number(item[name])));
