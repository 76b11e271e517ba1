import type { ChangeEvent, DenseRecord, Operation, Row } from '@overlay/model';

const BRANCHES = 20;
const PRODUCTS = 500;
const USERS = 100;
const FIRST_COMMIT_MS = Date.UTC(2026, 0, 5, 13);

/** A row change in short. */
type Change = readonly [
  table: string,
  operation: Operation,
  key: readonly string[],
  before: Row | null,
  after: Row | null,
];

export interface Chain {
  readonly source: string;
  /** The snapshot that names branches, products, users, roles and suppliers. */
  readonly founding: () => DenseRecord<ChangeEvent>;
  /** The next transaction, as it comes out of the topic. */
  readonly next: () => DenseRecord<ChangeEvent>;
}

/**
 * A chain of pharmacies in memory, the same in every run. Of a hundred transactions, 93 are sales of three to eight lines with their stock, three
 * are corrections, two orders are placed and one comes in with twelve lines each; one changes a price.
 */
export function makeChain(): Chain {
  const source = 'pharmacy';
  let sequence = 0;
  let row = 0;
  const stock = new Map<string, number>();
  const recordOf = (kind: DenseRecord<ChangeEvent>['kind'], changes: readonly Change[]): DenseRecord<ChangeEvent> => {
    sequence += 1;
    const timestamp = new Date(FIRST_COMMIT_MS + sequence * 250).toISOString().replace('Z', '000Z');
    const transactionId = `3e11fa47-71ca-11e1-9e33-c80aa9429562:${sequence}`;
    const items = changes.map(([table, operation, key, before, after], index): ChangeEvent => {
      row += 1;
      const values = after ?? before ?? {};
      return {
        eventId: `${row.toString(16).padStart(8, '0')}-66bd-5b0d-8c3e-${sequence.toString(16).padStart(12, '0')}`,
        source: {
          name: source,
          database: 'pharmacy',
          table,
          primaryKey: Object.fromEntries(key.map((column) => [column, values[column] ?? null])),
        },
        operation,
        before,
        after,
        timestamp,
        transactionId,
        sequence,
        order: index + 1,
        schemaVersion: `pharmacy.${table}:1`,
        metadata: { connector: 'mysql', version: '3.3.1', file: 'binlog.000003', position: row * 80, thread: 12 },
      };
    });
    return parsed({ source, sequence, kind, transactionId, timestamp, items });
  };
  const move = (branch_id: string, product_id: string, change: number, also: Row = {}): Change => {
    const at = `${branch_id},${product_id}`;
    const held = stock.get(at) ?? 1_000_000;
    stock.set(at, held + change);
    const shelf = (quantity: number): Row => ({
      branch_id,
      product_id,
      quantity_on_hand: String(quantity),
      last_counted_date: null,
    });
    return ['inventory', 'UPDATE', ['branch_id', 'product_id'], shelf(held), { ...shelf(held + change), ...also }];
  };
  return {
    source,
    founding: () => recordOf('snapshot', foundingRows()),
    next: () => recordOf('transaction', deedOf(sequence, move)),
  };
}

/** As JSON leaves it, which is how a stage reads it. */
const parsed = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

function foundingRows(): Change[] {
  const named = (table: string, key: string, name: string, count: number): Change[] =>
    numbers(count).map((id) => [table, 'READ', [key], null, { [key]: id, [name]: `${table} ${id}` }]);
  return [
    ...named('branches', 'branch_id', 'name', BRANCHES),
    ...named('products', 'product_id', 'name', PRODUCTS),
    ...named('roles', 'role_id', 'name', 4),
    ...named('suppliers', 'supplier_id', 'name', 12),
    ...named('users', 'user_id', 'username', USERS),
  ];
}

type Move = (branch: string, product: string, change: number, also?: Row) => Change;

/** What transaction `i` does. */
function deedOf(i: number, move: Move): Change[] {
  const branch = String(1 + (i % BRANCHES));
  const user = String(1 + (i % USERS));
  const productAt = (place: number) => String(1 + ((i * 7 + place * 131) % PRODUCTS));
  switch (i % 100) {
    case 20:
    case 70:
      return orderPlaced(i, user, productAt);
    case 45:
      return orderReceived(i, branch, user, productAt, move);
    case 10:
    case 40:
    case 80:
      return correction(i, branch, user, productAt(0), move);
    case 99:
      return priceChange(i, productAt(0), user);
    default:
      return sale(i, branch, user, productAt, move);
  }
}

const wallClock = (i: number): string =>
  new Date(FIRST_COMMIT_MS - 5 * 3_600_000 + i * 250).toISOString().slice(0, 19).replace('T', ' ');

function sale(i: number, branch_id: string, user: string, productAt: (place: number) => string, move: Move): Change[] {
  const sale_id = String(i);
  const lines = Array.from({ length: 3 + (i % 6) }, (_, place) => ({
    product_id: productAt(place),
    quantity: 1 + ((i + place) % 3),
    cents: 150 + ((i + place * 37) % 4000),
  }));
  const money = (cents: number) => (cents / 100).toFixed(2);
  const total = lines.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0);
  const header: Row = {
    sale_id,
    branch_id,
    sale_time: wallClock(i),
    total_amount: money(total),
    payment_method: ['CASH', 'CARD', 'MOBILE'][i % 3] ?? 'CASH',
    cashier_user_id: user,
  };
  return [
    ['sales', 'INSERT', ['sale_id'], null, header],
    ...lines.map(({ product_id, quantity, cents }): Change => {
      const item = {
        sale_id,
        product_id,
        quantity: String(quantity),
        unit_price: money(cents),
        line_total: money(quantity * cents),
      };
      return ['sale_items', 'INSERT', ['sale_id', 'product_id'], null, item];
    }),
    ...lines.map(({ product_id, quantity }) => move(branch_id, product_id, -quantity)),
  ];
}

function correction(i: number, branch_id: string, user: string, product_id: string, move: Move): Change[] {
  const shelf = move(branch_id, product_id, -2, { last_counted_date: '2026-01-05' });
  const row: Row = {
    adjust_id: String(i),
    branch_id,
    product_id,
    old_qty: shelf[3]?.quantity_on_hand ?? null,
    new_qty: shelf[4]?.quantity_on_hand ?? null,
    reason_code: ['DAMAGE', 'COUNT', 'THEFT'][i % 3] ?? 'COUNT',
    adjusted_by_user_id: user,
    adjusted_at: wallClock(i),
    notes: 'cycle count',
  };
  return [shelf, ['inventory_adjustments', 'INSERT', ['adjust_id'], null, row]];
}

const ORDER_LINES = numbers(12).map(Number);

const orderRow = (i: number, status: string, created_by: string): Row => ({
  po_id: String(i),
  supplier_id: String(1 + (i % 12)),
  order_date: '2026-01-05',
  status,
  created_by,
  created_at: '2026-01-05T13:00:00Z',
});

const orderLine = (i: number, product_id: string, quantity_received: string): Row => ({
  po_id: String(i),
  product_id,
  quantity_ordered: '24',
  unit_cost: '1.49',
  quantity_received,
});

function orderPlaced(i: number, user: string, productAt: (place: number) => string): Change[] {
  return [
    ['purchase_orders', 'INSERT', ['po_id'], null, orderRow(i, 'PENDING', user)],
    ...ORDER_LINES.map(
      (place): Change => ['po_items', 'INSERT', ['po_id', 'product_id'], null, orderLine(i, productAt(place), '0')],
    ),
  ];
}

function orderReceived(
  i: number,
  branch: string,
  user: string,
  productAt: (place: number) => string,
  move: Move,
): Change[] {
  return [
    ['purchase_orders', 'UPDATE', ['po_id'], orderRow(i, 'PENDING', user), orderRow(i, 'RECEIVED', user)],
    ...ORDER_LINES.map((place): Change => {
      const product = productAt(place);
      return ['po_items', 'UPDATE', ['po_id', 'product_id'], orderLine(i, product, '0'), orderLine(i, product, '24')];
    }),
    ...ORDER_LINES.map((place) => move(branch, productAt(place), 24)),
  ];
}

function priceChange(i: number, product_id: string, updated_by: string): Change[] {
  const row = (unit_price: string): Row => ({
    product_id,
    sku: `SKU-${product_id}`,
    name: `products ${product_id}`,
    category: 'OTC',
    unit_price,
    is_controlled: '0',
    created_by: '1',
    updated_by,
  });
  return [['products', 'UPDATE', ['product_id'], row('10.00'), row(`${10 + (i % 5)}.50`)]];
}
