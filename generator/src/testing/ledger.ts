import type { Change, Insert, Statement, Transaction, Update, Value } from '../transaction.ts';

type Row = Record<string, Value>;

const KEYS: Readonly<Record<string, readonly string[]>> = {
  roles: ['role_id'],
  branches: ['branch_id'],
  suppliers: ['supplier_id'],
  products: ['product_id'],
  users: ['user_id'],
  inventory: ['branch_id', 'product_id'],
  sales: ['sale_id'],
  sale_items: ['sale_id', 'product_id'],
  inventory_adjustments: ['adjust_id'],
  purchase_orders: ['po_id'],
  po_items: ['po_id', 'product_id'],
};

/** The tables a stream of transactions leaves behind, in memory. Refuses a key twice, an update of no row, stock below zero. */
export type Ledger = {
  readonly apply: (transaction: Pick<Transaction, 'statements'>) => void;
  readonly rows: (table: string) => readonly Row[];
  readonly find: (table: string, ...key: readonly number[]) => Row | undefined;
};

export function makeLedger(): Ledger {
  const tables = new Map(Object.keys(KEYS).map((table) => [table, new Map<string, Row>()]));
  const tableOf = (name: string): Map<string, Row> => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  };
  const apply = (statement: Statement): void => {
    const table = tableOf(statement.table);
    if (statement.kind === 'update') change(table, statement);
    else if (statement.kind === 'insert') add(table, statement);
    else if (!table.delete(Object.values(statement.where).join()))
      throw new Error(`${statement.table} has no such row`);
  };
  return {
    apply: ({ statements }) => statements.forEach(apply),
    rows: (table) => [...tableOf(table).values()],
    find: (table, ...key) => tableOf(table).get(key.join()),
  };
}

function add(table: Map<string, Row>, { table: name, columns, rows }: Insert): void {
  for (const values of rows) {
    const row = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null]));
    const key = (KEYS[name] ?? []).map((column) => row[column]).join();
    if (table.has(key)) throw new Error(`${name} has ${key} already`);
    table.set(key, row);
  }
}

function change(table: Map<string, Row>, { table: name, where, set }: Update): void {
  const columns = KEYS[name] ?? [];
  if (Object.keys(where).join() !== columns.join()) throw new Error(`an update of ${name} does not name its key`);
  const row = table.get(Object.values(where).join());
  if (row === undefined) throw new Error(`${name} has no row ${JSON.stringify(where)}`);
  for (const [column, value] of Object.entries(set)) row[column] = changed(row[column], value);
  if (Number(row.quantity_on_hand ?? 0) < 0) throw new Error(`stock below zero at ${JSON.stringify(where)}`);
}

function changed(before: Value | undefined, value: Value | Change): Value {
  return typeof value === 'object' && value !== null ? Number(before) + value.add : value;
}
