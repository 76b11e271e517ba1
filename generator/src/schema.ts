import { type Column, columnOf, keyOf } from './column.ts';

export const DATABASE = 'pharmacy';

export type Table = {
  readonly name: string;
  readonly ddl: string;
  readonly columns: readonly Column[];
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
};

const STAMPS = [
  'created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP',
  'updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
  'created_by INT',
  'updated_by INT',
];

export const CREATE_DATABASE = 'CREATE DATABASE IF NOT EXISTS';

/** Seed 4's tables in an order that satisfies the foreign keys; its two named indexes stand in their tables. */
export const TABLES: readonly Table[] = [
  table('branches', [
    'branch_id INT AUTO_INCREMENT PRIMARY KEY',
    'name VARCHAR(100) NOT NULL',
    'address TEXT',
    'city VARCHAR(50)',
    'region VARCHAR(50)',
    ...STAMPS,
  ]),
  table('products', [
    'product_id INT AUTO_INCREMENT PRIMARY KEY',
    'sku VARCHAR(50) UNIQUE NOT NULL',
    'name VARCHAR(200) NOT NULL',
    "category ENUM('OTC','PRESCRIPTION','COSMETIC','SUPPLEMENT') NOT NULL",
    'unit_price DECIMAL(10,2) NOT NULL',
    'is_controlled BOOLEAN DEFAULT FALSE',
    ...STAMPS,
  ]),
  table('roles', ['role_id INT AUTO_INCREMENT PRIMARY KEY', 'name VARCHAR(50) NOT NULL UNIQUE']),
  table('users', [
    'user_id INT AUTO_INCREMENT PRIMARY KEY',
    'username VARCHAR(50) UNIQUE NOT NULL',
    'role_id INT NOT NULL',
    'branch_id INT',
    'is_active BOOLEAN DEFAULT TRUE',
    ...STAMPS,
    'FOREIGN KEY (role_id) REFERENCES roles(role_id)',
    'FOREIGN KEY (branch_id) REFERENCES branches(branch_id)',
  ]),
  table('inventory', [
    'branch_id INT NOT NULL',
    'product_id INT NOT NULL',
    'quantity_on_hand INT NOT NULL DEFAULT 0',
    'last_counted_date DATE',
    'PRIMARY KEY (branch_id, product_id)',
    'FOREIGN KEY (branch_id) REFERENCES branches(branch_id)',
    'FOREIGN KEY (product_id) REFERENCES products(product_id)',
  ]),
  table('sales', [
    'sale_id INT AUTO_INCREMENT PRIMARY KEY',
    'branch_id INT NOT NULL',
    'sale_time DATETIME NOT NULL',
    'total_amount DECIMAL(10,2) NOT NULL',
    "payment_method ENUM('CASH','CARD','MOBILE') NOT NULL",
    'cashier_user_id INT NOT NULL',
    'INDEX idx_sales_time (sale_time)',
    'FOREIGN KEY (branch_id) REFERENCES branches(branch_id)',
    'FOREIGN KEY (cashier_user_id) REFERENCES users(user_id)',
  ]),
  table('sale_items', [
    'sale_id INT NOT NULL',
    'product_id INT NOT NULL',
    'quantity INT NOT NULL',
    'unit_price DECIMAL(10,2) NOT NULL',
    'line_total DECIMAL(10,2) AS (quantity * unit_price) STORED',
    'PRIMARY KEY (sale_id, product_id)',
    'FOREIGN KEY (sale_id) REFERENCES sales(sale_id)',
    'FOREIGN KEY (product_id) REFERENCES products(product_id)',
  ]),
  table('inventory_adjustments', [
    'adjust_id INT AUTO_INCREMENT PRIMARY KEY',
    'branch_id INT NOT NULL',
    'product_id INT NOT NULL',
    'old_qty INT NOT NULL',
    'new_qty INT NOT NULL',
    "reason_code ENUM('SALE','DAMAGE','THEFT','COUNT','SUPPLIER_ERROR','OTHER') NOT NULL",
    'adjusted_by_user_id INT NOT NULL',
    'adjusted_at DATETIME NOT NULL',
    'notes TEXT',
    'approved_by_user_id INT',
    'INDEX idx_adjustments_branch_time (branch_id, adjusted_at)',
    'FOREIGN KEY (branch_id) REFERENCES branches(branch_id)',
    'FOREIGN KEY (product_id) REFERENCES products(product_id)',
    'FOREIGN KEY (adjusted_by_user_id) REFERENCES users(user_id)',
    'FOREIGN KEY (approved_by_user_id) REFERENCES users(user_id)',
  ]),
  table('suppliers', [
    'supplier_id INT AUTO_INCREMENT PRIMARY KEY',
    'name VARCHAR(100) NOT NULL',
    'contact_name VARCHAR(100)',
    'contact_phone VARCHAR(20)',
    'contact_email VARCHAR(100)',
  ]),
  table('purchase_orders', [
    'po_id INT AUTO_INCREMENT PRIMARY KEY',
    'supplier_id INT NOT NULL',
    'order_date DATE NOT NULL',
    "status ENUM('PENDING','RECEIVED','CANCELLED') DEFAULT 'PENDING'",
    'created_by INT',
    'created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP',
    'FOREIGN KEY (supplier_id) REFERENCES suppliers(supplier_id)',
  ]),
  table('po_items', [
    'po_id INT NOT NULL',
    'product_id INT NOT NULL',
    'quantity_ordered INT NOT NULL',
    'unit_cost DECIMAL(10,2) NOT NULL',
    'quantity_received INT DEFAULT 0',
    'PRIMARY KEY (po_id, product_id)',
    'FOREIGN KEY (po_id) REFERENCES purchase_orders(po_id)',
    'FOREIGN KEY (product_id) REFERENCES products(product_id)',
  ]),
];

/** The table of a name. */
export function tableNamed(name: string): Table {
  const found = TABLES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`bug in the generator: there is no table ${name}`);
  return found;
}

function table(name: string, lines: readonly string[]): Table {
  const ddl = `CREATE TABLE IF NOT EXISTS ${name} (\n  ${lines.join(',\n  ')}\n) ENGINE=InnoDB`;
  return { name, ddl, columns: lines.flatMap((line) => columnOf(line) ?? []), key: keyOf(lines) };
}
