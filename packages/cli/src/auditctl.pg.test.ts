import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  AnomalyList,
  DeadLetterList,
  DeadLetters,
  Gap,
  RequestList,
  StageRequest,
  Status,
  Summary,
  Trace,
  UnexplainedList,
} from '@overlay/api';
import {
  freshDatabase,
  freshKeys,
  gtidOf,
  idOf,
  writeGap,
  writeSampleLog,
  writeSealedLetter,
} from '@overlay/api/testing';
import { EXIT } from './index.ts';
import { clean } from './io.ts';
import { runIn } from './testing/run-in.ts';

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

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let keys: Awaited<ReturnType<typeof freshKeys>>;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  [fresh, keys] = [await freshDatabase(), await freshKeys()];
  await writeSampleLog(fresh.database);
  const PACK_DIR = mkdtempSync(join(tmpdir(), 'pack-'));
  writeFileSync(join(PACK_DIR, 'pack.yaml'), PACK);
  env = { DATABASE_URL: fresh.url, KEYS_URL: keys.url, PACK_DIR };
});
afterAll(async () => {
  await fresh?.close();
  await keys?.close();
});

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

test('status shows stages and what needs a person', async () => {
  const { exit, out, err } = await auditctl('status');
  expect({ exit, err }).toEqual({ exit: EXIT.findings, err: '' });
  expect(out.replace(/version .*/, 'version X')).toBe(`Postgres  up  version X
Connect   -   not asked: CONNECT_URL is not set

Source shops
  STAGE           STATE  LANDED  PUBLISHED  LAG  COMMITTED IN America/Lima   HEAD MOVED
  normalizer      ok          8          8    -  2026-11-21 00:00:00 -05:00  2026-11-21 00:00:10 -05:00
  inferencer      ok          8          8    0  2026-11-21 00:00:00 -05:00  2026-11-21 00:00:10 -05:00
  anomaly-scorer  ok          8          8    0  2026-11-21 00:00:00 -05:00  2026-11-21 00:00:10 -05:00
  summarizer      ok          8          8    0  2026-11-21 00:00:00 -05:00  2026-11-21 00:00:10 -05:00

Gaps undecided  0
Dead letters    1
Set aside       1
Not whole yet   0
  1 dead letter of normalizer in shops: raw.value, the last at cdc.shops/0 offset 4711: shops.orders: total is no DECIMAL
  set aside: sequence 7 of shops, 2026-11-20 23:59:59 -05:00, ${gtidOf(7)}

Findings
  1 dead letter (raw.value) of normalizer in source shops
  1 transaction is set aside: in the log's order, not readable
`);
  const json = await auditctl('status', '--json');
  expect(json.exit).toBe(EXIT.findings);
  expect(Status.parse(JSON.parse(json.out)).findings).toHaveLength(2);
});

test('gaps are listed and decided by a named person', async () => {
  expect(await auditctl('gaps')).toEqual({ exit: EXIT.ok, err: '', out: 'No gaps on record.\n' });
  const rewritten = await writeGap(fresh.database, 1, 'source.rewritten', 8);
  const { out } = await auditctl('gaps');
  expect(out).toBe(`${rewritten} source.rewritten
  a transaction id came again with other content: the binary log was reset or the source restored
  found after sequence 8
  normalizer of source shops, after sequence 8, at cdc.shops/0 offset 4712
  found 2026-11-21 00:00:02 -05:00
  undecided: the source is held
`);
  const refused = await auditctl('gaps', 'decide', rewritten, 'accept');
  expect(refused).toMatchObject({
    exit: EXIT.error,
    out: '',
    err: expect.stringContaining('a rewritten source needs a new source name'),
  });
  const decided = await auditctl('gaps', 'decide', rewritten.slice(0, 8), 'retry', '--json');
  expect(Gap.parse(JSON.parse(decided.out))).toMatchObject({ decision: 'retry', decidedBy: 'tester' });
  expect(await auditctl('gaps', 'decide', rewritten, 'retry', '--by', 'eva')).toMatchObject({ exit: EXIT.error });
});

const KEY = Buffer.alloc(32, 9).toString('base64');
const BYTES = '{"after": {"name": "\u001b[31mRed\u202e\u0000"}, "torn';

test('dead letters are listed by what they belong to, and shown with their bytes only by whoever has the key', async () => {
  await writeSealedLetter(fresh.database, keys.database, KEY, { sequence: 7, value: Buffer.from(BYTES) });
  await writeSealedLetter(fresh.database, keys.database, KEY, { sequence: null, value: Buffer.from([0, 0xff, 0xfe]) });
  const list = await auditctl('dead-letters', 'list', '--json');
  const { units } = DeadLetterList.parse(JSON.parse(list.out));
  expect(units).toMatchObject([
    { sequence: null, count: 1, codes: { 'raw.not_json': 1 }, isSetAside: false },
    { sequence: 7, count: 2, codes: { 'raw.not_json': 1, 'raw.value': 1 }, isSetAside: true, transactionId: gtidOf(7) },
  ]);
  const filtered = await auditctl(
    'dead-letters',
    'list',
    '--code',
    'raw.value',
    '--source',
    'shops',
    '--stage',
    'normalizer',
  );
  expect(filtered.out).toMatch(
    /^ID +SOURCE.*\n\S+ +shops +normalizer +7 +2 +raw.value, raw.not_json .* open: set aside\n$/,
  );
  expect((await auditctl('dead-letters', 'list', '--state', 'repaired')).out).toBe('No dead letters.\n');
  expect((await auditctl('dead-letters', 'list', '--state', 'lost')).exit).toBe(EXIT.usage);

  const sealed = await auditctl('dead-letters', 'show', '7');
  expect(sealed.out).toContain('its bytes are sealed: KEYS_URL and DEAD_LETTER_KEY are not both set');
  const before = env;
  env = { ...env, DEAD_LETTER_KEY: KEY };
  const shown = await auditctl('dead-letters', 'show', '7');
  expect(shown.out).toContain('{"after": {"name": "[31mRed"}, "torn (key k)');
  expect(shown.out).toBe(clean(shown.out));
  const json = await auditctl('dead-letters', 'show', '7', '--json');
  expect(DeadLetters.parse(JSON.parse(json.out)).letters).toMatchObject([
    { ordinal: 1, code: 'raw.value', bytes: 'gone' },
    { ordinal: 2, bytes: 'readable', value: BYTES, encoding: 'utf8', key: 'k' },
  ]);
  const values = await auditctl('dead-letters', 'show', '7', '--values');
  expect(values.out).toBe('{"after": {"name": "\\u001b[31mRed\\u202e\\u0000"}, "torn\n');
  const alone = await auditctl('dead-letters', 'show', (units[0]?.deadLetterId ?? '').slice(0, 12));
  expect(alone.out).toContain('base64 AP/+ (key k)');
  env = { ...env, DEAD_LETTER_KEY: Buffer.alloc(32, 8).toString('base64') };
  expect((await auditctl('dead-letters', 'show', '7')).out).toContain('cannot be read any more');
  env = { ...env, DEAD_LETTER_KEY: 'secret' };
  expect(await auditctl('dead-letters', 'show', '7')).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringMatching(/DEAD_LETTER_KEY: is not a key: 32 random bytes in base64/),
  });
  env = before;
  expect((await auditctl('dead-letters', 'show', '4711')).exit).toBe(EXIT.notFound);
  expect((await auditctl('dead-letters', 'show', 'nonsense')).exit).toBe(EXIT.usage);
});

test('what is asked of a stage stands on record, and what cannot be is refused with what can', async () => {
  const before = env;
  const file = join(env.PACK_DIR ?? '', 'corrected.jsonl');
  writeFileSync(file, '{"a":1}\n\n{"b":2}\n');
  const withoutKey = await auditctl('dead-letters', 'repair', 'shops', '7', '--file', file, '--wait', '1');
  expect(withoutKey).toMatchObject({ exit: EXIT.usage, err: expect.stringContaining('DEAD_LETTER_KEY_FILE') });
  env = { ...env, DEAD_LETTER_KEY: KEY };
  const asked = await auditctl(
    'dead-letters',
    'repair',
    'shops',
    '7',
    '--file',
    file,
    '--wait',
    '1',
    '--by',
    'eva',
    '--json',
  );
  expect(asked.exit).toBe(EXIT.ok);
  const request = StageRequest.parse(JSON.parse(asked.out));
  expect(request).toMatchObject({ kind: 'repair', sequence: 7, isCorrected: true, requestedBy: 'eva', outcome: null });
  await fresh.database.query(
    "update audit.requests set outcome = 'refused', refusal = 'record 1 cannot be read', answered_at = now()",
  );
  const republish = await auditctl('republish', 'inferencer', 'shops', '--from', '3', '--wait', '1');
  expect(republish).toMatchObject({ exit: EXIT.ok, err: expect.stringContaining('The request is on record') });
  expect(republish.out).toContain('republish of sequence 3 and above');
  const { requests } = RequestList.parse(JSON.parse((await auditctl('requests', '--json')).out));
  expect(requests.map(({ kind, outcome, refusal }) => [kind, outcome, refusal])).toEqual([
    ['republish', null, null],
    ['repair', 'refused', 'record 1 cannot be read'],
  ]);
  expect((await auditctl('dead-letters', 'show', '7')).out).toContain('refused: record 1 cannot be read');
  for (const [words, exit] of [
    [['dead-letters', 'repair', 'shops', '7', '--file', '/nowhere'], EXIT.usage],
    [['dead-letters', 'repair', 'shops', '0'], EXIT.usage],
    [['republish', 'inferencer', 'shops', '--from', '9'], EXIT.usage],
    [['republish', 'inferencer', 'none', '--from', '1'], EXIT.notFound],
    [['republish', 'none', 'shops', '--from', '1'], EXIT.notFound],
    [['republish', 'inferencer', 'shops'], EXIT.usage],
  ] as const)
    expect([words, (await auditctl(...words)).exit]).toEqual([words, exit]);
  env = before;
});

test('a jump can be accepted only where the log has what it skips', async () => {
  await fresh.database.query(
    `insert into audit.gaps (gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, record_offset)
      values ($1, 'inferencer', 'shops', 'sequence.jump', '12', 'x', 8, 't', 0, 1), ($2, 'inferencer', 'shops', 'sequence.jump', '5', 'x', 2, 't', 0, 1)`,
    [idOf('e', 1), idOf('e', 2)],
  );
  expect(await auditctl('gaps', 'decide', idOf('e', 1), 'accept')).toMatchObject({
    exit: EXIT.error,
    err: expect.stringContaining('of the 3 sequences that it skips, the log has 0'),
  });
  expect((await auditctl('gaps', 'decide', idOf('e', 2), 'accept')).exit).toBe(EXIT.ok);
});

test('what waits for its end is told of', async () => {
  await fresh.database.query(
    `insert into audit.waiting (stage, source, subject, records, since, last_at)
      values ('normalizer', 'shops', $1, 5, now() - interval '5 minutes', now() - interval '4 minutes')`,
    [gtidOf(9)],
  );
  const { out } = await auditctl('status');
  expect(out).toContain(`not whole: ${gtidOf(9)} of shops: normalizer has 5 records of it since`);
  expect(out).toContain(`${gtidOf(9)} of source shops is not whole: normalizer has 5 records of it`);
});

test('a user without rights and a database that is not there are told apart', async () => {
  const at = (change: (url: URL) => void): Record<string, string> => {
    const url = new URL(fresh.url);
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
  await fresh.database.query('drop schema audit cascade');
  const { exit, err } = await auditctl('summary');
  expect(exit).toBe(EXIT.upstreamDown);
  expect(err).toContain('npm run migrate');
});
