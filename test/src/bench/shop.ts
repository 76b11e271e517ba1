import { join } from 'node:path';
import { type Endpoints, runToEnd } from '@overlay/infra';
import mysql from 'mysql2/promise';

/** The MySQL database under the benchmark. */
export const SHOP = 'shop';

/** Ten transactions of the shop have fifty rows between them. */
export const ROWS_PER_TRANSACTION = 5;
const TRANSACTIONS_PER_CALL = 2000;
/** Rows come in whole tens of transactions. */
const ROWS_STEP = 50;

/** A day before anything that is measured, so that the founding is the same on every day. */
const FOUNDED_UNTIL = '2026-01-05T00:00:00Z';
const FIRST_COMMIT_S = Date.UTC(2026, 0, 5, 8) / 1000;
const UNSET_COMMIT_TIMESTAMP = '36028797018963968';

/**
 * Transaction `i` of the business, the same in every run: of ten, eight sales of one to three lines with their stock, a purchase order of five
 * lines, two corrections of stock. Fifty milliseconds of the shop's time lie between two.
 */
const LOADER = `create procedure load_transactions(in first_i int, in last_i int)
begin
  declare i, b, p, q, r, k int;
  set i = first_i;
  while i <= last_i do
    set timestamp = ${FIRST_COMMIT_S} + i * 0.05, session original_commit_timestamp = ${FIRST_COMMIT_S}000000 + i * 50000;
    set b = 1 + i % 8, p = 1 + (i * 7) % 500, q = 1 + (i * 7 + 131) % 500, r = 1 + (i * 7 + 262) % 500;
    set k = elt(1 + i % 10, 1, 2, 3, 2, 1, 2, 3, 2, 0, -1);
    start transaction;
    if k > 0 then
      insert into sales (sale_id, branch_id, sale_time, total_amount, payment_method, cashier_user_id)
        values (1000000 + i, b, now(), 10 + (i % 9000) / 100, elt(1 + i % 3, 'CASH', 'CARD', 'MOBILE'), 1 + i % 40);
      insert into sale_items (sale_id, product_id, quantity, unit_price) values (1000000 + i, p, 1 + i % 4, 1.99 + p / 10);
      if k > 1 then
        insert into sale_items (sale_id, product_id, quantity, unit_price) values (1000000 + i, q, 1 + i % 3, 1.99 + q / 10);
      end if;
      if k > 2 then
        insert into sale_items (sale_id, product_id, quantity, unit_price) values (1000000 + i, r, 1 + i % 2, 1.99 + r / 10);
      end if;
      update inventory set quantity_on_hand = quantity_on_hand - 1 - i % 2
        where branch_id = b and product_id in (p, if(k > 1, q, p), if(k > 2, r, p));
    elseif k = 0 then
      insert into purchase_orders (po_id, supplier_id, order_date, status, created_by) values (1000000 + i, 1 + i % 10, date(now()), 'PENDING', 1 + i % 40);
      insert into po_items (po_id, product_id, quantity_ordered, unit_cost, quantity_received) values
        (1000000 + i, p, 24, 1.49, 0), (1000000 + i, q, 36, 2.49, 0), (1000000 + i, r, 48, 3.49, 0),
        (1000000 + i, 1 + (i * 7 + 17) % 500, 60, 4.49, 0), (1000000 + i, 1 + (i * 7 + 29) % 500, 72, 5.49, 0);
    else
      update inventory set quantity_on_hand = quantity_on_hand + 3, last_counted_date = date(now()) where branch_id = b and product_id in (p, q);
      insert into inventory_adjustments (adjust_id, branch_id, product_id, old_qty, new_qty, reason_code, adjusted_by_user_id, adjusted_at, notes) values
        (2 * i, b, p, 40, 43, 'COUNT', 1 + i % 40, now(), 'cycle count by the morning shift'),
        (2 * i + 1, b, q, 17, 20, 'SUPPLIER_ERROR', 1 + i % 40, now(), 'delivery note differs from the boxes');
    end if;
    commit;
    set i = i + 1;
  end while;
end`;

export interface Shop {
  readonly connection: mysql.Connection;
  /**
   * Writes so many rows, after those of earlier calls, in transactions of five on average; MySQL does not wait for its disk meanwhile.
   * The same rows in every run.
   */
  readonly load: (rows: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Founds the pharmacy of the generator: schema, catalogue, staff, stock. */
export async function foundShop({ mysql: server }: Endpoints, directory: string): Promise<Shop> {
  const url = `mysql://${server.user}:${server.password}@${server.host}:${server.port}`;
  const generate = (...words: readonly string[]) =>
    runToEnd({
      file: 'generator/src/main.ts',
      arguments: [...words, '--database', SHOP],
      environment: { MYSQL_URL: url },
      log: join(directory, 'generator.log'),
    });
  await generate('schema');
  await generate('history', '--days', '1', '--sales-per-day', '50', '--until', FOUNDED_UNTIL);
  const connection = await mysql.createConnection({ uri: `${url}/${SHOP}`, timezone: 'Z' });
  await connection.query('set sql_log_bin = 0');
  await connection.query(LOADER);
  await connection.query('set sql_log_bin = 1');
  let loaded = 0;
  return {
    connection,
    async load(rows) {
      if (rows % ROWS_STEP !== 0) throw new RangeError(`${rows} rows are not a multiple of ${ROWS_STEP}`);
      const last = loaded + rows / ROWS_PER_TRANSACTION;
      await withoutDiskWaits(connection, async () => {
        for (; loaded < last; loaded += TRANSACTIONS_PER_CALL) {
          const until = Math.min(last, loaded + TRANSACTIONS_PER_CALL);
          await connection.query('call load_transactions(?, ?)', [loaded + 1, until]);
        }
      });
      loaded = last;
    },
    close: () => connection.end(),
  };
}

async function withoutDiskWaits(connection: mysql.Connection, work: () => Promise<void>): Promise<void> {
  await connection.query(
    'set global sync_binlog = 0, global innodb_flush_log_at_trx_commit = 0, session foreign_key_checks = 0',
  );
  await work();
  await connection.query(
    `set global sync_binlog = 1, global innodb_flush_log_at_trx_commit = 1, session foreign_key_checks = 1,
      session timestamp = default, session original_commit_timestamp = ${UNSET_COMMIT_TIMESTAMP}`,
  );
}
