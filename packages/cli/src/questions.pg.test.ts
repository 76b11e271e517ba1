import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AnomalyList, Summary, Trace, UnexplainedList } from '@overlay/api';
import { gtidOf, idOf } from '@overlay/api/testing';
import { EXIT } from './index.ts';
import { clean } from './io.ts';
import { runIn } from './testing/run-in.ts';
import { makeShops } from './testing/shops.ts';

let shops: Awaited<ReturnType<typeof makeShops>>;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  shops = await makeShops();
  env = shops.env;
});
afterAll(() => shops?.drop());

const auditctl = (...argv: string[]) => runIn(env, argv);

test('summary', async () => {
  expect(await auditctl('summary', '--date', '2026-11-20')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `Corner shops, Friday 20 November 2026
Source shops, day in America/Lima

  Orders                            2
  Revenue  100,000,000,000,000,000.01 PEN

Revenue by shop
  Shop 3  99,999,999,999,999,999.99 PEN
  Shop 4                       0.02 PEN

Anomalies: 1 critical, 1 high
  critical  23:50:00  user ana
            ana changed their own role from cashier to admin.
  high      23:41:12  product Tea [31m box 500 g
            Tea [31m box 500 g lost 40 units in one adjustment.

Record
  Transactions                  7
  Row changes                   8
  Business events               4
  Row changes no rule explains  1 (14.3 % of those in transactions)
  Transactions set aside        1
  Actors of transactions: 4 exact (80.0 %), 1 unknown (20.0 %).
  Sequences 1 to 7, nothing missing.

Written by template, from the record up to sequence 7.
`,
  });
  const json = await auditctl('--json', 'summary', '--date', '2026-11-20', '--source', 'shops');
  expect(Summary.parse(JSON.parse(json.out))).toMatchObject({ day: '2026-11-20', asOfSequence: 7, author: 'template' });
});

test('unexplained', async () => {
  expect(await auditctl('unexplained', '--from', '2026-11-20', '--to', '2026-11-20')).toEqual({
    exit: EXIT.ok,
    err: '`auditctl trace` follows a first change to its transaction.\n',
    out: `SOURCE  TABLE        CHANGE  UNEXPLAINED  OF    SHARE
shops   shops.notes  DELETE            1   1  100.0 %

NEWEST, TIME IN America/Lima  SEQUENCE  TABLE        CHANGE  ROWS  FIRST CHANGE
2026-11-20 23:55:00 -05:00           6  shops.notes  DELETE     1  c0000006-66bd
`,
  });
  const { out } = await auditctl('unexplained', '--table', 'notes', '--json');
  expect(UnexplainedList.parse(JSON.parse(out))).toMatchObject({ tables: [{ table: 'notes', rows: 1, share: 1 }] });
  expect((await auditctl('unexplained', '--table', 'orders')).out).toBe('Every row change is explained.\n');
  expect((await auditctl('unexplained', '--to', '2026-11-19')).out).toBe('Every row change is explained.\n');
  expect(await auditctl('unexplained', '--from', 'today', '--to', '2026-11-20')).toMatchObject({ exit: EXIT.usage });
});

test('anomalies', async () => {
  expect(await auditctl('anomalies', '--date', '2026-11-20')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `SEVERITY  SCORE  TIME IN America/Lima        WHAT                             DETECTOR          ID
critical    6.3  2026-11-20 23:50:00 -05:00  user ana (7)                     user.role-change  a0000005-66bd
    ana changed their own role from cashier to admin.
high        4.6  2026-11-20 23:41:12 -05:00  product Tea [31m box 500 g (55)  stock.large-loss  a0000004-66bd
    Tea [31m box 500 g lost 40 units in one adjustment.
    A usual loss here is about 3.2 units.
`,
  });
  expect(await auditctl('anomalies', '--limit', '1')).toMatchObject({ err: '1 of 2 shown; --limit shows more.\n' });
  expect(await auditctl('anomalies', '--date', '2020-01-01')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: 'No anomalies.\n',
  });
  const { out } = await auditctl('anomalies', '--json', '--severity', 'critical');
  expect(AnomalyList.parse(JSON.parse(out))).toMatchObject({ total: 1, anomalies: [{ anomalyId: idOf('a', 5) }] });
});

test('trace of an entity, down to rows and binlog position', async () => {
  expect(await auditctl('trace', 'order:123')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `order.completed order 123
│  by ana (exact), 2026-11-20 09:03:05 -05:00, confidence 1, rule order.completed version 1
│  id b0000002-66bd-5b0d-8c3e-000000000001
│    order_id  123
│    shop_id   3
│    shop      Shop 3
│    total     99999999999999999.99
│    items     product="Tea\\u001b[31m \\u0000 box 500 g" quantity=2
└─ transaction ${gtidOf(2)}
   │  sequence 2 of shops, committed 2026-11-20 09:03:05 -05:00, by ana (exact)
   │  binlog.000003 at 2001, GTID as above, 2 row changes
   ├─ INSERT shops.orders order_id=123
   │     binlog.000003 at 2001, row 0, change 1, schema shops.orders:1, id c0000002-66bd-5b0d-8c3e-000000000001
   │       order_id  123
   │       shop_id   3
   │       total     99999999999999999.99
   └─ UPDATE shops.stock shop_id=3 product_id=55
         binlog.000003 at 2002, row 0, change 2, schema shops.stock:1, id c0000002-66bd-5b0d-8c3e-000000000002
           quantity  52 → 50
`,
  });
});

test('trace of an anomaly names every transaction it rests on', async () => {
  const { out, exit } = await auditctl('trace', 'a0000004');
  expect(exit).toBe(EXIT.ok);
  expect(out).toContain('anomaly high, score 4.6: product Tea [31m box 500 g (55)\n│  by stock.large-loss version 1');
  expect(out).toContain(`├─ transaction ${gtidOf(2)}`);
  expect(out).toContain(`└─ transaction ${gtidOf(4)}`);
  expect(out).toContain('quantity    50 → 10\n              counted_on  NULL → 2026-11-20');
  const json = await auditctl('trace', 'a0000004', '--json');
  expect(Trace.parse(JSON.parse(json.out)).transactions).toHaveLength(2);
});

test('trace of a transaction that was set aside says why', async () => {
  const { out } = await auditctl('trace', gtidOf(7));
  expect(out).toContain('transaction set aside');
  expect(out).toContain('normalizer could not read cdc.shops/0 at 4711: raw.value, shops.orders: total is no DECIMAL');
});

test('nothing that is printed steers a terminal', async () => {
  for (const argv of [
    ['summary', '--date', '2026-11-20'],
    ['anomalies'],
    ['trace', 'order:123'],
    ['trace', 'a0000004'],
    ['trace', gtidOf(4)],
    ['status'],
  ]) {
    for (const json of [[], ['--json']]) {
      const { out, err } = await auditctl(...argv, ...json);
      expect(clean(`${out}${err}`)).toBe(`${out}${err}`);
    }
  }
});

test('unknown ids, days and sources have their exit codes and say what is accepted', async () => {
  const unknown = await auditctl('trace', 'order:999');
  expect(unknown).toMatchObject({
    exit: EXIT.notFound,
    out: '',
    err: expect.stringContaining('a transaction id (GTID), or an entity as type:id'),
  });
  expect(await auditctl('trace', 'c0000002')).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringContaining('c0000002-66bd-5b0d-8c3e-000000000002'),
  });
  expect(await auditctl('summary', '--date', '30/2')).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringContaining('today, yesterday, or a day such as 2026-11-21'),
  });
  expect(await auditctl('summary', '--source', 'nope')).toMatchObject({
    exit: EXIT.notFound,
    err: expect.stringContaining('there is shops'),
  });
  const { out } = await auditctl('trace', 'order:999', '--json');
  expect(JSON.parse(out)).toMatchObject({
    error: { code: 'not_found', message: expect.any(String), hint: expect.any(String) },
  });
});

test('a user without rights and a database that is not there are told apart', async () => {
  const at = (change: (url: URL) => void): Record<string, string> => {
    const url = new URL(shops.url);
    change(url);
    return { ...env, DATABASE_URL: url.href };
  };
  const before = env;
  env = at((url) => {
    url.username = 'nobody_of_ours';
  });
  expect(await auditctl('gaps')).toMatchObject({ exit: EXIT.auth, err: expect.stringContaining('nobody_of_ours') });
  env = at((url) => {
    url.pathname = '/none_of_ours';
  });
  expect(await auditctl('gaps')).toMatchObject({
    exit: EXIT.upstreamDown,
    err: expect.stringContaining('name of the database'),
  });
  env = before;
});

test('a database that was never migrated is told apart from one that is away', async () => {
  await shops.database.query('drop schema audit cascade');
  const { exit, err } = await auditctl('summary');
  expect(exit).toBe(EXIT.upstreamDown);
  expect(err).toContain('npm run migrate');
});
