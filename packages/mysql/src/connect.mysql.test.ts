import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Source } from './connect.ts';

let source: Source;

beforeAll(async () => {
  const url = process.env.OVERLAY_TEST_MYSQL_URL;
  if (!url) throw new Error('OVERLAY_TEST_MYSQL_URL is not set: run this test through `npm test`');
  source = await Source.connect(Object.assign(new URL(url), { pathname: '/mysql' }).href);
});
afterAll(() => source?.close());

test('more statements than are kept are read one after another, each whole, also while a page is in work', async () => {
  const numbers = Array.from({ length: 60 }, (_, at) => at + 1);
  const read: number[] = [];
  for (const number of numbers) {
    const rows = [1, 2, 3].map((row) => `select ${number} as n, ${row} as r`).join(' union all ');
    await source.eachPage(rows, 2, async (page) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      read.push(...page.map(([n]) => Number(n)));
    });
  }
  expect(read).toEqual(numbers.flatMap((number) => [number, number, number]));
}, 20_000);

test('what a page throws ends the reading', async () => {
  const other = await Source.connect(
    Object.assign(new URL(process.env.OVERLAY_TEST_MYSQL_URL ?? ''), { pathname: '/mysql' }).href,
  );
  await expect(
    other.eachPage('select 1 union all select 2', 1, async () => {
      throw new Error('no further');
    }),
  ).rejects.toThrow('no further');
  await other.close();
}, 20_000);
