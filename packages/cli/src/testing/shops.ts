import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeyScratch, makeScratch, writeSampleLog } from '@overlay/api/testing';

const PACK = `name: shops
version: 1
title: Corner shops
timeZone: America/Lima
currency: PEN
openingHours: { default: { open: "08:00", close: "21:00" } }
tables: { users: { key: [user_id], label: username }, orders: { key: [order_id] } }
actors: { labels: users, columns: [] }
rules:
  - id: order.completed
    version: 1
    event: order.completed
    anchor: { table: orders, operations: [INSERT] }
    entity: { type: order, id: after.order_id }
    payload:
      total: { value: after.total, type: numeric, comment: What was paid }
      shop_id: { value: after.shop_id, type: integer, comment: Number of the shop }
      shop: { value: after.shop_id, type: text, comment: Name of the shop }
detectors: []
report:
  sections:
    - { id: orders, title: Orders, eventType: order.completed, measure: count }
    - { id: revenue, title: Revenue, eventType: order.completed, measure: sum(total), unit: currency }
    - { id: shops, title: Revenue by shop, eventType: order.completed, measure: sum(total), unit: currency, groupBy: shop_id, labelBy: shop }
`;

/** The sample log of the corner shops, a database for keys, and the settings by which auditctl finds them and the shops' pack. */
export async function makeShops() {
  const [{ database, url, drop: dropRecord }, keys] = [await makeScratch(), await makeKeyScratch()];
  await writeSampleLog(database);
  const PACK_DIR = mkdtempSync(join(tmpdir(), 'pack-'));
  writeFileSync(join(PACK_DIR, 'pack.yaml'), PACK);
  const drop = async (): Promise<void> => {
    await dropRecord();
    await keys.drop();
  };
  return { database, url, keys: keys.database, env: { DATABASE_URL: url, KEYS_URL: keys.url, PACK_DIR }, drop };
}
