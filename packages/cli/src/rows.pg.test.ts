import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RowHistory, RowsAsOf, UndoPlan } from '@overlay/api';
import { makeScratch, makeShopLog, type Scratch } from '@overlay/api/testing';
import { column } from '@overlay/model/testing';
import { EXIT } from './index.ts';
import { runIn } from './testing/run-in.ts';

let scratch: Scratch;

beforeAll(async () => {
  scratch = await makeScratch();
  const log = makeShopLog(scratch.database);
  await log.define(
    'snapshot',
    'stock',
    [column('shop', 'INT'), column('product', 'INT'), column('qty', 'INT')],
    ['shop', 'product'],
  );
  await log.snapshot('stock', [{ shop: '3', product: '55', qty: '9' }]);
  await log.land('stock', [
    [
      { shop: '3', product: '55', qty: '9' },
      { shop: '3', product: '55', qty: '4' },
    ],
  ]);
  await log.land('stock', [
    [
      { shop: '3', product: '55', qty: '4' },
      { shop: '4', product: '55', qty: '4' },
    ],
  ]);
});
afterAll(() => scratch?.drop());

async function auditctl(...argv: string[]) {
  const said = await runIn({ DATABASE_URL: scratch.url }, argv);
  return { ...said, out: said.out.replace(/id [0-9a-f-]{36}/g, 'id ID') };
}

test('history', async () => {
  expect(await auditctl('history', 'stock', 'shop=3,product=55')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `READ shop.stock product=55 shop=3
2026-03-04 00:00:01 +00:00, sequence 1, actor unknown, 3e11fa47-71ca-11e1-9e33-c80aa9429562:1
change 1, binlog.000001 at 100, id ID
  product  55
  qty      9
  shop     3

UPDATE shop.stock product=55 shop=3
2026-03-04 00:00:02 +00:00, sequence 2, actor unknown, 3e11fa47-71ca-11e1-9e33-c80aa9429562:2
change 1, binlog.000001 at 200, id ID
  qty  9 → 4

DELETE shop.stock product=55 shop=3
2026-03-04 00:00:03 +00:00, sequence 3, actor unknown, 3e11fa47-71ca-11e1-9e33-c80aa9429562:3
change 1, binlog.000001 at 300, id ID
its key was changed to product=55 shop=4
  product  55
  qty      4
  shop     3
`,
  });
  const { out } = await auditctl('history', 'shop.stock', '{"shop":4,"product":"55"}', '--json');
  expect(RowHistory.parse(JSON.parse(out)).entries).toMatchObject([{ operation: 'INSERT', otherKey: { shop: '3' } }]);
});

test('as-of', async () => {
  expect(await auditctl('as-of', 'stock', '--at', '2026-03-04T00:00:02Z')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `shop.stock of shop after sequence 2: 1 row
product  qty  shop  SINCE SEQUENCE
55       4    3                  2
`,
  });
  const { out } = await auditctl('as-of', 'stock', 'shop=3,product=55', '--at', '3', '--json');
  expect(RowsAsOf.parse(JSON.parse(out))).toMatchObject({ sequence: 3, total: 0, rows: [] });
});

test('undo prints a script that warns of what came later', async () => {
  const gtid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
  expect(await auditctl('undo', `${gtid}:3`)).toEqual({
    exit: EXIT.ok,
    err: 'Nothing was run. Read the statements before you give them to the source.\n',
    out: `-- takes back sequence 3 of shop, ${gtid}:3
set names utf8mb4;
set time_zone = '+00:00';
set sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO');
start transaction;
update \`shop\`.\`stock\` set \`shop\` = 3 where \`shop\` = 4 and \`product\` = 55;
commit;
`,
  });
  const earlier = await auditctl('undo', `${gtid}:2`, '--json');
  expect(earlier.exit).toBe(EXIT.findings);
  const plan = UndoPlan.parse(JSON.parse(earlier.out));
  expect(plan.later).toEqual(['shop.stock product=55 shop=3: changed once since, last at sequence 3']);
  const [statement] = plan.statements;
  expect((await auditctl('undo', statement?.eventId ?? '')).out).toContain(`${statement?.sql}\ncommit;`);
});

test.each([
  [['history', 'stock', '55'], EXIT.usage, /its key is shop, product/],
  [['history', 'stock', '{"shop":[1]}'], EXIT.usage, /no JSON object/],
  [['history', 'stock', 'shop=3'], EXIT.usage, /write shop=\.\.\.,product=\.\.\./],
  [['history', 'stok', '55'], EXIT.notFound, /there is: shop\.stock/],
  [['as-of', 'stock'], EXIT.usage, /--at/],
  [['undo', 'snapshot:binlog.000001:4:shop.stock:1'], EXIT.error, /of kind snapshot/],
  [['undo', 'order:7'], EXIT.notFound, /nothing in the log/],
  [['as-of', 'stock', '--at', '2026-03-03'], EXIT.notFound, /begins at 2026-03-04/],
  [['as-of', 'stock', '--at', '3e11fa47-71ca-11e1-9e33-c80aa9429562:9'], EXIT.notFound, /landed are 3e11.*:1-3/],
])('%j is refused with what is known instead', async (argv, exit, text) => {
  const answer = await auditctl(...argv);
  expect(answer.exit).toBe(exit);
  expect(answer.err).toMatch(text);
});
