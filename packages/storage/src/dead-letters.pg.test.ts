import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { digest } from '@overlay/evidence';
import type { DeadLetter, KeptRecord, Landing, StageRequest, WrittenRecord } from '@overlay/model';
import { makeDataKeys } from './data-keys.ts';
import type { Database } from './database.ts';
import { makeLedger } from './ledger.ts';
import { moveDayKeys } from './move-day-keys.ts';
import { readDeadLetterUnits } from './queries/dead-letters.ts';
import { readWaiting } from './queries/open-matters.ts';
import { readRequest, writeRequest } from './queries/requests.ts';
import { businessEvents, changeEvents, type WrittenChange } from './record-tables.ts';
import { makeKeyScratch, makeScratch, type Scratch } from './testing/scratch.ts';

const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');
const SECRET = 'a value that nobody may see';

let scratch: Scratch;
let database: Database;
let keys: Scratch;

beforeAll(async () => {
  [scratch, keys] = [await makeScratch(), await makeKeyScratch()];
  database = scratch.database;
});
afterAll(async () => {
  await keys?.drop();
  await scratch?.drop();
});

const ledgerOf = (masterKey = MASTER_KEY, of = database, keysOf = keys.database) =>
  makeLedger<WrittenChange>(of, {
    stage: 'normalizer',
    table: changeEvents,
    evidence: { nonceKey: Buffer.alloc(32, 5).toString('base64') },
    dataKeys: makeDataKeys(keysOf, masterKey),
  });
const inferencer = () =>
  makeLedger(database, {
    stage: 'inferencer',
    table: businessEvents,
    dataKeys: makeDataKeys(keys.database, MASTER_KEY),
  });

const letter = (sequence: number | null, ordinal: number | null, value: string | null): DeadLetter => ({
  sequence,
  ordinal,
  fault: { code: ordinal === 2 ? 'raw.value' : 'raw.set_aside', detail: 'shop.things: \0 is none' },
  topic: 'cdc.shop',
  partition: 0,
  offset: String(100 + (ordinal ?? 0)),
  key: Buffer.from('k'),
  value: value === null ? null : Buffer.from(value),
});

const record = (
  source: string,
  sequence: number,
  more: Partial<WrittenRecord<WrittenChange>['record']> = {},
): WrittenRecord<WrittenChange> => ({
  record: {
    source,
    sequence,
    kind: 'transaction',
    transactionId: `${source}:${sequence}`,
    timestamp: '2026-03-04T05:06:07.000008Z',
    items: [],
    ...more,
  },
  bodies: [],
});

async function land(source: string, landing: Partial<Landing<WrittenChange>>, ledger = ledgerOf()) {
  const { head } = await ledger.open(source);
  const { records = [] } = landing;
  const landed = records.at(-1)?.record.sequence ?? head.landed;
  const position = { topic: `cdc.${source}`, partition: 0, offset: '7', digest: 'd' };
  const rest = { gtids: '', remember: new Map(), deadLetters: [], repeats: [] };
  return ledger.land({ head, landed, position, records, ...rest, ...landing }, () => {});
}

async function kept(request: Partial<StageRequest>, masterKey = MASTER_KEY): Promise<KeptRecord[]> {
  const all = { requestId: '', kind: 'repair', source: '', sequence: 1, isCorrected: false, ...request } as const;
  const records = [];
  for await (const one of ledgerOf(masterKey).keptRecords(all)) records.push(one);
  return records;
}

test('bytes of dead letters stand sealed, and come back in their order', async () => {
  const values = Array.from({ length: 1234 }, (_, index) => `${SECRET} ${index}`);
  const deadLetters = values.map((value, index) => letter(1, index + 1, value));
  await land('sealed', { records: [record('sealed', 1, { kind: 'set_aside' })], deadLetters });
  const found = (await kept({ source: 'sealed' })).map(({ key, value }) => [key?.toString(), value?.toString()]);
  expect(found).toEqual(values.map((value) => ['k', value]));

  const [stored] = await database.query<{ text: string; digests: string[] }>(
    `select string_agg(encode(record_value, 'escape') || encode(record_key, 'escape'), '') as text,
      array_agg(record_digest order by ordinal) as digests from audit.dead_letters where source = 'sealed'`,
  );
  expect(stored?.text).not.toContain(SECRET);
  expect(stored?.digests).toEqual(values.map((value) => digest('k', value)));
  const { units } = await readDeadLetterUnits(database, { source: 'sealed' }, 10);
  expect(units).toMatchObject([
    { sequence: 1, count: 1234, codes: { 'raw.value': 1 }, isSetAside: true, repairedBy: null },
  ]);
});

test('a record without value, or by itself, is kept too; the same once more changes nothing', async () => {
  await land('alone', { deadLetters: [letter(null, null, null)] });
  await land('alone', { deadLetters: [letter(null, null, null)] });
  const rows = await database.query(
    "select sequence, record_value, key_id from audit.dead_letters where source = 'alone'",
  );
  expect(rows).toMatchObject([
    { sequence: null, record_value: null, key_id: expect.stringMatching(/^\d{4}-\d\d-\d\d[.]\w{8}$/) },
  ]);
});

test('with their key, bytes go when their days are over; place, digest and fault stay', async () => {
  await land('expired', {
    records: [record('expired', 1, { kind: 'set_aside' })],
    deadLetters: [letter(1, 1, SECRET)],
  });
  const dayKeys = makeDataKeys(keys.database, MASTER_KEY);
  expect(await kept({ source: 'expired' }, OTHER_KEY)).toMatchObject([{ value: undefined }]);
  expect(await dayKeys.expire(1)).toBe(0);
  expect((await kept({ source: 'expired' }))[0]?.value?.toString()).toBe(SECRET);
  await expect(keys.database.query('delete from audit_keys.day_keys')).rejects.toThrow('is still needed');
  await keys.database.query('update audit_keys.day_keys set day = day - 31');
  expect(await dayKeys.expire(31)).toBe(0);
  expect(await dayKeys.expire(30)).toBe(1);
  expect(await kept({ source: 'expired' })).toMatchObject([{ offset: '101', value: undefined }]);
  const { units } = await readDeadLetterUnits(database, { source: 'expired' }, 10);
  expect(units).toMatchObject([{ sequence: 1, count: 1 }]);
});

test('programs that need the key of a day at the same moment make one', async () => {
  const ten = await Promise.all(Array.from({ length: 10 }, () => makeDataKeys(keys.database, OTHER_KEY).today()));
  expect(new Set(ten.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(1);
});

test('a jump that a person accepted is gone past: what it skips is published as set aside, also by later stages', async () => {
  await land('jump', { records: [1, 2, 3, 4].map((sequence) => record('jump', sequence)) });
  const ledger = inferencer();
  const { head } = await ledger.open('jump');
  await ledger.land({ ...landingAt(head, 1), records: [record('jump', 1)] as never }, () => {});
  const at = { topic: 't', partition: 0, offset: '5' };
  const gap = { code: 'sequence.jump' as const, subject: '4', detail: 'x' };
  const { gapId } = await ledger.recordGap((await ledger.open('jump')).head, gap, at);
  expect((await ledger.open('jump')).head.landed).toBe(1);
  await database.query("update audit.gaps set decision = 'accept' where gap_id = $1", [gapId]);
  const opened = await ledger.open('jump');
  expect([opened.head.landed, opened.head.revision, opened.head.published]).toEqual([3, 2, 0]);
  expect((await ledger.open('jump')).head).toEqual(opened.head);

  const kindsOf = async (stage: string) => {
    const reader = makeLedger(database, {
      stage,
      table: businessEvents,
      dataKeys: makeDataKeys(keys.database, MASTER_KEY),
    });
    const kinds = [];
    for await (const { record: read } of reader.unpublished('jump', 0, 4)) kinds.push(read.kind);
    return kinds;
  };
  expect(await kindsOf('normalizer')).toEqual(['transaction', 'transaction', 'transaction', 'transaction']);
  for (const stage of ['inferencer', 'anomaly-scorer', 'summarizer'])
    expect(await kindsOf(stage)).toEqual(['transaction', 'set_aside', 'set_aside', 'transaction']);
});

const landingAt = (head: Landing<never>['head'], landed: number) => ({
  head,
  landed,
  position: { topic: 't', partition: 0, offset: '0', digest: 'd' },
  gtids: '',
  remember: new Map(),
  deadLetters: [],
  repeats: [],
});

test('a jump over what the log does not have is not gone past', async () => {
  const ledger = inferencer();
  const { head } = await ledger.open('unknown');
  const { gapId } = await ledger.recordGap(
    head,
    { code: 'sequence.jump', subject: '9', detail: 'x' },
    { topic: 't', partition: 0, offset: '5' },
  );
  await database.query("update audit.gaps set decision = 'accept' where gap_id = $1", [gapId]);
  expect((await ledger.open('unknown')).head).toEqual(head);
});

test('told to retry, a stage looks ahead from the place of the jump, and only from there', async () => {
  await land('ahead', { records: [record('ahead', 1)] });
  const ledger = inferencer();
  const { head } = await ledger.open('ahead');
  const gap = { code: 'sequence.jump' as const, subject: '3', detail: 'x' };
  const { gapId } = await ledger.recordGap(head, gap, { topic: 't', partition: 0, offset: '5' });
  expect((await ledger.open('ahead')).looksAhead).toBe(false);
  await database.query("update audit.gaps set decision = 'retry' where gap_id = $1", [gapId]);
  expect((await ledger.open('ahead')).looksAhead).toBe(true);
  await ledger.recordGap(head, gap, { topic: 't', partition: 0, offset: '9' });
  expect((await ledger.open('ahead')).looksAhead).toBe(false);
});

test('a request is answered once: by a refusal, or by the landing that fulfils it', async () => {
  const ledger = ledgerOf();
  await land('asked', { records: [record('asked', 1, { kind: 'set_aside' })], deadLetters: [letter(1, 1, SECRET)] });
  const request = { stage: 'normalizer', source: 'asked', kind: 'repair', sequence: 1, requestedBy: 'ana' } as const;
  const dataKeys = makeDataKeys(keys.database, MASTER_KEY);
  const values = Array.from({ length: 777 }, (_, index) => `${SECRET} corrected ${index}`);
  const [first, second] = [
    await writeRequest(database, request),
    await writeRequest(database, request, { values, dataKeys }),
  ];
  const open = await ledger.requests(['asked', 'another']);
  expect(open.map(({ requestId, isCorrected }) => [requestId, isCorrected])).toEqual([
    [first, false],
    [second, true],
  ]);
  expect((await kept(open[1] ?? {})).map(({ value }) => value?.toString())).toEqual(values);
  const [clear] = await database.query<{ text: string }>(
    "select string_agg(encode(record_value, 'escape'), '') as text from audit.corrected_records",
  );
  expect(clear?.text).not.toContain(SECRET);

  await ledger.answer(first, 'it still cannot be read');
  await ledger.answer(first, null);
  expect(await readRequest(database, first)).toMatchObject({ outcome: 'refused', refusal: 'it still cannot be read' });
  expect(await ledger.setAside('asked', 1)).toMatchObject({ transactionId: 'asked:1', repairedBy: null });
  await land('asked', { records: [record('asked', 2, { kind: 'repair', repairs: 1 })], answers: second });
  expect(await readRequest(database, second)).toMatchObject({ outcome: 'done', effectSequence: 2 });
  expect(await ledger.requests(['asked'])).toEqual([]);
  expect(await ledger.setAside('asked', 1)).toMatchObject({ repairedBy: 2 });
  expect((await readDeadLetterUnits(database, { source: 'asked', state: 'open' }, 10)).total).toBe(0);
  expect((await readDeadLetterUnits(database, { source: 'asked', state: 'repaired' }, 10)).total).toBe(1);
  for await (const { record: read } of ledger.unpublished('asked', 1, 2))
    expect([read.kind, read.repairs]).toEqual(['repair', 1]);
});

test('what waits is noted, and cleared', async () => {
  const ledger = ledgerOf();
  const waiting = { subject: 'a:1', records: 2, since: 1700000000000, last: 1700000001000 };
  await ledger.noteWaiting('waits', waiting);
  await ledger.noteWaiting('waits', { ...waiting, records: 3 });
  expect(await readWaiting(database)).toMatchObject([
    {
      source: 'waits',
      subject: 'a:1',
      records: 3,
      since: '2023-11-14T22:13:20.000000Z',
      last: '2023-11-14T22:13:21.000000Z',
    },
  ]);
  await ledger.noteWaiting('waits', null);
  expect(await readWaiting(database)).toEqual([]);
});

test('readers may ask and stages may answer, each with one login for both databases', async () => {
  const roleOf = async (role: string) => {
    await database.query(`drop role if exists letters_${role}`);
    await database.query(`create role letters_${role} login password 'p' in role audit_${role}`);
    const urls = [scratch.url, keys.url].map((of) => new URL(of));
    for (const own of urls) [own.username, own.password] = [`letters_${role}`, 'p'];
    const [of, keysOf] = urls.map((own) => scratch.connect(own.href));
    if (!of || !keysOf) throw new Error('a role has two databases');
    return { of, keysOf, dataKeys: makeDataKeys(keysOf, MASTER_KEY) };
  };
  const [writer, reader] = [await roleOf('writer'), await roleOf('reader')];
  const request = { stage: 'normalizer', source: 'roles', kind: 'repair', sequence: 1, requestedBy: 'ana' } as const;
  const ledger = ledgerOf(MASTER_KEY, writer.of, writer.keysOf);
  const requestId = await writeRequest(reader.of, request, { values: ['{}'], dataKeys: reader.dataKeys });
  await land('roles', { records: [record('roles', 1)], deadLetters: [letter(null, null, 'x')] }, ledger);
  await ledger.noteWaiting('roles', null);
  await ledger.answer(requestId, 'no');
  expect(await writer.dataKeys.expire(30)).toBe(0);
  for (const { of, keysOf } of [writer, reader]) await Promise.all([of.close(), keysOf.close()]);
});

test('keys that stood in the record are moved, and open what was sealed under them', async () => {
  await land('moved', { records: [record('moved', 1, { kind: 'set_aside' })], deadLetters: [letter(1, 1, SECRET)] });
  const { keyId } = await makeDataKeys(keys.database, MASTER_KEY).today();
  const [stood] = await keys.database.query<{ day: string; wrapped: Buffer }>(
    'select day::text as day, wrapped from audit_keys.day_keys where key_id = $1',
    [keyId],
  );
  await keys.database.query('truncate audit_keys.day_keys');
  await database.query('insert into audit_keys.data_keys (key_id, day, wrapped) values ($1, $2, $3)', [
    keyId,
    stood?.day,
    stood?.wrapped,
  ]);
  expect((await kept({ source: 'moved' }))[0]?.value).toBeUndefined();
  expect(await moveDayKeys(database, keys.database)).toBe(1);
  expect((await kept({ source: 'moved' }))[0]?.value?.toString()).toBe(SECRET);
  expect(await database.query('select from audit_keys.data_keys')).toEqual([]);
  expect(await moveDayKeys(database, keys.database)).toBe(0);
});
