import { expect, test } from '@jest/globals';
import { column } from '@overlay/model/testing';
import { readFoldedRows, readTablesAt } from './queries/folded-rows.ts';
import { makeScratch } from './testing/scratch.ts';
import { makeShopLog } from './testing/shop-log.ts';

test('of a table without a primary key, an image that there is not is none over a DDL either', async () => {
  const { database, drop } = await makeScratch();
  try {
    const log = makeShopLog(database);
    const [code, more] = [column('code', 'VARCHAR'), column('more', 'INT', { isNullable: true })];
    await log.define('create', 'loose', [code], []);
    await log.land('loose', [
      [null, { code: 'a' }],
      [null, { code: 'b' }],
    ]);
    await log.land('loose', [
      [{ code: 'a' }, null],
      [{ code: 'b' }, { code: 'c' }],
    ]);
    const at = await log.define('alter', 'loose', [code, more], []);
    const [table] = await readTablesAt(database, 'shop', at);
    if (!table) throw new Error('there is no table');
    const counts = new Map<string, number>();
    for await (const page of readFoldedRows(database, table, at))
      for (const { row, count } of page) counts.set(row, (counts.get(row) ?? 0) + count);
    expect(Object.fromEntries([...counts].filter(([, count]) => count !== 0))).toEqual({
      '{"code":"c","more":null}': 1,
    });
  } finally {
    await drop();
  }
});
