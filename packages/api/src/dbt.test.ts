import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { dbtPackage } from './dbt.ts';

const PACKS = join(import.meta.dirname, '../../../packs');

test('the dbt package that ships is the one of its pack: `auditctl packs dbt` writes it', async () => {
  for (const [name, text] of Object.entries(await dbtPackage(join(PACKS, 'pharmacy'))))
    expect(await readFile(join(PACKS, 'pharmacy', 'dbt', name), 'utf8')).toBe(text);
});

test('every column is described, ids are tested, and what comes every day has a freshness', async () => {
  const files = await dbtPackage(join(PACKS, 'shop'));
  const [source] = parse(files['models/sources.yml'] ?? '').sources;
  const tables = new Map<
    string,
    { columns: { name: string; description: string; data_tests?: object[] }[]; config?: object }
  >(source.tables.map((table: { name: string }) => [table.name, table]));
  expect([...tables.keys()]).toEqual(
    expect.arrayContaining(['business_events', 'order_placed', 'order_placed_daily_by_product_id']),
  );
  for (const { columns } of tables.values()) expect(columns.filter(({ description }) => !description)).toEqual([]);
  const id = tables.get('order_placed')?.columns.find(({ name }) => name === 'event_id');
  expect(id?.data_tests?.flatMap((one) => Object.keys(one))).toEqual(['not_null', 'unique']);
  expect([...tables].filter(([, { config }]) => config !== undefined).map(([name]) => name)).toEqual([
    'business_events',
    'order_placed',
  ]);
});
