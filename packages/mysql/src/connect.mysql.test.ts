import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Source } from './connect.ts';
import { connectTestServer } from './testing/test-server.ts';

let source: Source;

beforeAll(async () => {
  source = await connectTestServer();
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
  const other = await connectTestServer();
  await expect(
    other.eachPage('select 1 union all select 2', 1, async () => {
      throw new Error('no further');
    }),
  ).rejects.toThrow('no further');
  await other.close();
}, 20_000);
