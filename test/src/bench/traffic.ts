import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoints } from '@overlay/infra';
import mysql from 'mysql2/promise';
import { SHOP } from './shop.ts';

const CONNECTIONS = 8;
/** Sales of this traffic, told apart from all others by their ids. */
const FIRST_SALE = 50_000_000;
export const ROWS_PER_SALE = 3;

export interface Traffic {
  /** When the client heard that each sale was committed, on the monotonic clock of this process. Sale `n` of the traffic is at place `n`. */
  readonly committed_ms: readonly number[];
}

/** The place in the traffic of a sale with this id; undefined for sales that are none of it. */
export const placeOfSale = (saleId: number): number | undefined =>
  saleId >= FIRST_SALE ? saleId - FIRST_SALE : undefined;

/**
 * So many small sales, begun at an even pace however long each takes. Throws when one fails. MySQL waits for its disk at every commit, as it
 * does in production.
 */
export async function sell(
  { mysql: server }: Endpoints,
  { sales, perSecond }: { readonly sales: number; readonly perSecond: number },
): Promise<Traffic> {
  const { host, port, user, password } = server;
  const options = { host, port, user, password, database: SHOP, multipleStatements: true };
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => mysql.createConnection(options)));
  const committed_ms: number[] = [];
  const begin = performance.now();
  const open: Promise<void>[] = [];
  for (let n = 0; n < sales; n += 1) {
    const early_ms = begin + (n * 1000) / perSecond - performance.now();
    if (early_ms > 0.5) await sleep(early_ms);
    const connection = connections[n % CONNECTIONS];
    if (!connection) continue;
    const sale = sellOne(connection, n, committed_ms);
    sale.catch(() => {}); // reported by the await below; without this a failure before it would be unhandled
    open.push(sale);
  }
  await Promise.all(open);
  await Promise.all(connections.map((connection) => connection.end()));
  return { committed_ms };
}

async function sellOne(connection: mysql.Connection, n: number, committed_ms: number[]): Promise<void> {
  const [sale, branch, product] = [FIRST_SALE + n, 1 + (n % 8), 1 + (n % 500)];
  await connection.query(
    `start transaction;
      insert into sales (sale_id, branch_id, sale_time, total_amount, payment_method, cashier_user_id)
        values (${sale}, ${branch}, now(), 12.34, 'CARD', ${1 + (n % 40)});
      insert into sale_items (sale_id, product_id, quantity, unit_price) values (${sale}, ${product}, 2, 6.17);
      update inventory set quantity_on_hand = quantity_on_hand - 2 where branch_id = ${branch} and product_id = ${product};
      commit`,
  );
  committed_ms[n] = performance.now();
}
