import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DeadLetterList, DeadLetters, Gap, RequestList, StageRequest, Status } from '@overlay/api';
import { gtidOf, idOf, writeGap, writeSealedLetter } from '@overlay/api/testing';
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
  const rewritten = await writeGap(shops.database, 1, 'source.rewritten', 8);
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
  await writeSealedLetter(shops.database, shops.keys, KEY, { sequence: 7, value: Buffer.from(BYTES) });
  await writeSealedLetter(shops.database, shops.keys, KEY, { sequence: null, value: Buffer.from([0, 0xff, 0xfe]) });
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
  await shops.database.query(
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
  await shops.database.query(
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
  await shops.database.query(
    `insert into audit.waiting (stage, source, subject, records, since, last_at)
      values ('normalizer', 'shops', $1, 5, now() - interval '5 minutes', now() - interval '4 minutes')`,
    [gtidOf(9)],
  );
  const { out } = await auditctl('status');
  expect(out).toContain(`not whole: ${gtidOf(9)} of shops: normalizer has 5 records of it since`);
  expect(out).toContain(`${gtidOf(9)} of source shops is not whole: normalizer has 5 records of it`);
});
