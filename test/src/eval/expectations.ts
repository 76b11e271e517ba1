import type { ActLine, ActName, Scenario } from '@overlay/generator';
import { makeOffice, type Office, supplierAdded } from './expect-office.ts';
import { makeOrders } from './expect-orders.ts';
import { alteredEvents, soldEvents, voidedEvents } from './expect-sales.ts';
import { adjustedEvents, stockAppeared, unrecordedEvents } from './expect-stock.ts';
import { type Expected, type Outcome, type Told, toldBy } from './expected.ts';
import { type OpeningHours, openingHoursOf } from './opening-hours.ts';

/**
 * What must come of each act of a pharmacy, by the words of its domain: the taxonomy of business events and what the pack's README says of
 * each. It knows nothing of rules. Acts are told in their order, because orders are settled long after they were placed, and rows name who changed them before.
 */
export function makeExpectations(scenario: Scenario): (line: ActLine) => Outcome {
  const hours = openingHoursOf(scenario);
  const orders = makeOrders();
  const office = makeOffice(hours);
  const eventsOf: Readonly<Record<ActName, (told: Told, hours: OpeningHours) => readonly Expected[]>> = {
    founding: (told) => foundedEvents(told, office, hours),
    sale: (told) => soldEvents(told, hours, { priceOf: office.priceOf, costOf: orders.lastCost }),
    sale_voided: voidedEvents,
    sale_altered: alteredEvents,
    adjustment: adjustedEvents,
    stock_changed: unrecordedEvents,
    order_placed: orders.placed,
    order_received: orders.received,
    order_cancelled: orders.cancelled,
    hire: office.hired,
    leave: office.left,
    role_changed: office.roleChanged,
    price_changed: (told) => office.priceChanged(told, orders.lastCost(told.key('product_id'))),
    product_added: office.added,
    supplier_added: (told) => [supplierAdded({ supplier_id: told.key('supplier_id'), ...told.facts('supplier') })],
    unexplained: () => [],
  };
  return (line) => ({ events: eventsOf[line.act](toldBy(line), hours), unexplained: unexplainedOf(line) });
}

/** What the chain begins with. Its stock comes from nowhere that is known. */
const foundedEvents = (told: Told, office: Office, hours: OpeningHours): Expected[] => [
  ...told.things('users').map((user) => office.userCreated(told, user)),
  ...told.things('suppliers').map(supplierAdded),
  ...told.things('products').map(office.productAdded),
  ...told
    .things('shelves')
    .map(({ quantity = null, ...shelf }) => stockAppeared(told, { ...shelf, old_qty: '0', new_qty: quantity }, hours)),
];

/** Roles and branches are no business of the taxonomy, and maintenance means nothing at all. */
const SILENT_TABLES: ReadonlySet<string> = new Set(['roles', 'branches']);

function unexplainedOf({ act, rows }: ActLine): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (act !== 'founding' && act !== 'unexplained') return counts;
  for (const { table, operation } of rows) {
    if (act === 'founding' && !SILENT_TABLES.has(table)) continue;
    const key = `${table} ${operation}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
