import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Narrative } from '@overlay/model';
import { type Database, type RecordAct, storeNarrative } from '@overlay/storage';
import { AnomalyList, type Api, GapList, makeApi, Status, Summary, Trace } from './index.ts';
import {
  DAY,
  gtidOf,
  HOSTILE,
  idOf,
  LAST_OF_DAY,
  makeScratch,
  NEXT_DAY,
  SOURCE,
  samplePack,
  testRecord,
  writeGap,
  writeHead,
  writeSampleLog,
} from './testing/index.ts';

const NOW = new Date('2026-11-21T05:00:30Z');
let database: Database;
let drop: () => Promise<void>;
let api: Api;
let record: RecordAct;

beforeAll(async () => {
  ({ database, drop } = await makeScratch());
  await writeSampleLog(database);
  record = testRecord(database);
  api = makeApi({ database, record, pack: samplePack, now: () => NOW });
});
afterAll(() => drop());

const given = async <Value>(
  asked: Promise<{ ok: true; value: Value } | { ok: false; refusal: { message: string } }>,
): Promise<Value> => {
  const answered = await asked;
  if (!answered.ok) throw new Error(answered.refusal.message);
  return answered.value;
};
const refusalOf = async (asked: Promise<{ ok: boolean; refusal?: unknown }>): Promise<unknown> => (await asked).refusal;

test('a day is summed exactly, up to the last sequence that committed in it', async () => {
  const summary = Summary.parse(await given(api.summary({ date: DAY })));
  expect(summary).toMatchObject({
    source: SOURCE,
    day: DAY,
    timeZone: 'America/Lima',
    author: 'template',
    asOfSequence: LAST_OF_DAY,
    pendingTransactions: 0,
    isStored: false,
  });
  const values = Object.fromEntries(summary.facts.map(({ label, value }) => [label, value]));
  expect(values).toMatchObject({
    Orders: '2',
    Revenue: '100000000000000000.01',
    'Revenue by shop: Shop 3': '99999999999999999.99',
    'Units adjusted by reason: THEFT': '-40',
    'Row changes no rule explains': '1',
    'Transactions set aside': '1',
    'First sequence': '1',
    'Last sequence': '7',
  });
  expect(summary.facts.find(({ label }) => label === 'Revenue')?.eventIds).toEqual([idOf('b', 2), idOf('b', 3)]);
});

test('the border between days is local midnight, and yesterday and today are days of the pack', async () => {
  expect(await given(api.summary({ date: 'yesterday' }))).toMatchObject({ day: DAY, asOfSequence: 7 });
  expect(await given(api.summary({ date: 'today' }))).toMatchObject({ day: NEXT_DAY, asOfSequence: 8 });
  expect(await given(api.summary({ date: '2020-01-01' }))).toMatchObject({ asOfSequence: 0, isStored: false });
});

test('facts reach as far as the slowest stage; what waits is counted', async () => {
  await writeHead(database, 'anomaly-scorer', 3);
  const summary = await given(api.summary({ date: DAY }));
  await writeHead(database, 'anomaly-scorer', 8);
  expect(summary).toMatchObject({ asOfSequence: 3, pendingTransactions: 4 });
  expect(summary.text).toContain('Anomalies: none');
  expect(summary.text).toContain('Sequences 1 to 3, nothing missing.');
});

test('a stored summary is given while it covers the day, and not after', async () => {
  const narrative: Narrative = {
    narrativeId: idOf('f', 99),
    kind: 'daily_summary',
    subject: NEXT_DAY,
    asOfSequence: 8,
    timestamp: '2026-11-21T05:00:20.000000Z',
    author: 'tiny',
    title: 'stored title',
    text: 'stored text',
    facts: [],
  };
  const store = () =>
    storeNarrative(database, SOURCE, narrative, JSON.stringify(narrative), '2026-11-21T05:00:00.000000Z');
  expect([await store(), await store()]).toEqual([true, false]);
  expect(await given(api.summary({ date: NEXT_DAY }))).toMatchObject({
    author: 'tiny',
    isStored: true,
    text: 'stored text',
  });
  await database.query(
    `insert into audit.transactions values (9, '2026-11-21T06:00:00Z', 0, $1, 'transaction', 'later')`,
    [SOURCE],
  );
  for (const stage of ['normalizer', 'inferencer', 'anomaly-scorer']) await writeHead(database, stage, 9);
  expect(await given(api.summary({ date: NEXT_DAY }))).toMatchObject({
    author: 'template',
    isStored: false,
    asOfSequence: 9,
  });
});

test('a hole in the sequences and an open gap are said in the summary', async () => {
  await database.query('delete from audit.transactions where sequence = 6');
  await writeGap(database, 1, 'topic.records_lost', 5);
  const { text } = await given(api.summary({ date: DAY }));
  expect(text).toContain('Sequences 1 to 7, 1 missing, 1 on record as gaps.');
  await database.query('delete from audit.gaps');
  await database.query(`insert into audit.transactions values (6, '2026-11-21T04:55:00Z', 1, $1, 'transaction', $2)`, [
    SOURCE,
    gtidOf(6),
  ]);
});

test('without a pack a summary counts events by type in UTC', async () => {
  const bare = makeApi({ database, record, now: () => NOW });
  const { text, timeZone } = await given(bare.summary({ date: '2026-11-20' }));
  expect(timeZone).toBe('UTC');
  expect(text).toContain('Business events by type\n  order.completed  2');
});

test('anomalies come the most severe first, and are filtered by day, beginning and severity', async () => {
  const all = AnomalyList.parse(await given(api.anomalies({})));
  expect(all.anomalies.map(({ severity, sequence }) => [severity, sequence])).toEqual([
    ['critical', 5],
    ['high', 4],
  ]);
  expect(all.anomalies[1]).toMatchObject({ source: SOURCE, entityLabel: HOSTILE, caseId: idOf('e', 4) });
  expect((await given(api.anomalies({ severity: 'critical' }))).total).toBe(1);
  expect((await given(api.anomalies({ limit: 1 }))).anomalies).toHaveLength(1);
  expect((await given(api.anomalies({ limit: 1 }))).total).toBe(2);
  expect((await given(api.anomalies({ date: NEXT_DAY }))).total).toBe(0);
  expect((await given(api.anomalies({ since: '15m' }))).total).toBe(1);
  expect((await given(api.anomalies({ since: DAY }))).total).toBe(2);
});

test('an entity is traced to rows, columns that changed, binlog place and GTID', async () => {
  const trace = Trace.parse(await given(api.trace('order:123')));
  expect(trace.found).toEqual({
    kind: 'business_event',
    id: idOf('b', 2),
    label: 'order.completed',
    source: SOURCE,
    sequence: 2,
  });
  const [transaction] = trace.transactions;
  expect(transaction).toMatchObject({
    gtid: gtidOf(2),
    file: 'binlog.000003',
    position: 2001,
    changeCount: 2,
    timestamp: '2026-11-20T14:03:05.123456Z',
  });
  expect(transaction?.changes.map(({ operation, columns }) => ({ operation, columns }))).toEqual([
    {
      operation: 'INSERT',
      columns: [
        { column: 'order_id', after: '123' },
        { column: 'shop_id', after: '3' },
        { column: 'total', after: '99999999999999999.99' },
      ],
    },
    { operation: 'UPDATE', columns: [{ column: 'quantity', before: '52', after: '50' }] },
  ]);
});

test('an anomaly is traced to every transaction that it rests on', async () => {
  const trace = Trace.parse(await given(api.trace(idOf('a', 4))));
  expect(trace.anomaly).toMatchObject({ anomalyId: idOf('a', 4), severity: 'high' });
  expect(trace.transactions.map(({ sequence }) => sequence)).toEqual([2, 4]);
});

test('ids in full and in part, transactions, and what stages could not read', async () => {
  const foundBy = async (id: string) => (await given(api.trace(id))).found;
  expect(await foundBy(idOf('c', 4))).toMatchObject({ kind: 'change_event', label: 'UPDATE stock' });
  expect(await foundBy(idOf('b', 5).slice(0, 8))).toMatchObject({ kind: 'business_event', sequence: 5 });
  expect(await foundBy(idOf('b', 5).toUpperCase())).toMatchObject({ kind: 'business_event' });
  expect(await foundBy('snapshot:binlog.000001:4:shops.users:1')).toMatchObject({ kind: 'transaction', sequence: 1 });
  const aside = await given(api.trace(gtidOf(7)));
  expect(aside.transactions[0]).toMatchObject({
    kind: 'set_aside',
    changes: [],
    faults: [{ code: 'raw.value', offset: '4711' }],
  });
});

test('more events of one entity are named beside the newest', async () => {
  const { found, others } = await given(api.trace('product:55'));
  expect([found.sequence, others]).toEqual([4, []]);
});

test.each([
  ['zzz', 'not_found'],
  ['order:9', 'not_found'],
  ['order:', 'not_found'],
  ['', 'invalid'],
  ['b0000', 'invalid'],
  ['c0000002', 'ambiguous'],
  [idOf('b', 77), 'not_found'],
  ["'; drop table audit.heads; --", 'not_found'],
])('trace %p is refused as %s', async (id, code) => {
  expect(await refusalOf(api.trace(id))).toMatchObject({ code });
});

test.each([
  ['a wrong date', { date: '2026-02-30' }, 'invalid', 'YYYY-MM-DD|today'],
  ['a wrong source', { date: 'today', source: 'nope' }, 'not_found', SOURCE],
])('a summary of %s is refused with what is accepted', async (_, ask, code, hint) => {
  const refusal = (await refusalOf(api.summary(ask))) as { code: string; hint: string };
  expect(refusal.code).toBe(code);
  expect(refusal.hint).toMatch(new RegExp(hint));
});

test('status is well only while nothing needs a person', async () => {
  for (const stage of ['normalizer', 'inferencer', 'anomaly-scorer', 'summarizer']) await writeHead(database, stage, 9);
  const status = Status.parse(await given(api.status()));
  expect(status.postgres.isUp).toBe(true);
  expect(status.sources).toMatchObject([{ source: SOURCE }]);
  expect(status.sources[0]?.stages.map(({ stage, state, lagSequences }) => [stage, state, lagSequences])).toEqual([
    ['normalizer', 'ok', null],
    ['inferencer', 'ok', 0],
    ['anomaly-scorer', 'ok', 0],
    ['summarizer', 'ok', 0],
  ]);
  expect(status.setAside).toMatchObject({ count: 1, latest: [{ sequence: 7, transactionId: gtidOf(7) }] });
  expect(status.findings).toEqual([
    '1 dead letter (raw.value) of normalizer in source shops',
    "1 transaction is set aside: in the log's order, not readable",
  ]);
});

test('lag is measured against the stage before; one that stands still is a finding', async () => {
  await writeHead(database, 'inferencer', 5);
  const later = makeApi({ database, record, pack: samplePack, now: () => new Date('2026-11-21T06:00:00Z') });
  const stageOf = (status: Status, name: string) => status.sources[0]?.stages.find(({ stage }) => stage === name);
  expect(stageOf(await given(api.status()), 'inferencer')).toMatchObject({ state: 'behind', lagSequences: 4 });
  const status = await given(later.status());
  expect(stageOf(status, 'inferencer')).toMatchObject({ state: 'stalled', lagSequences: 4 });
  expect(stageOf(status, 'anomaly-scorer')).toMatchObject({ state: 'ok', lagSequences: 0 });
  expect(status.findings.join()).toContain('stage inferencer of source shops: 4 sequences wait');
  await writeHead(database, 'inferencer', 9);
});

test('what stages and Connect say of themselves is part of status', async () => {
  const dependencies = { kafka: { isUp: false, detail: 'refused', since: '' } };
  const server = createServer((request, response) => {
    if (request.url === '/metrics') response.end('audit_lag_records{stage="inferencer",source="shops"} 12\n');
    else response.end(JSON.stringify({ ready: request.url === '/fine/readyz', dependencies }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stageUrls = { inferencer: url, summarizer: `${url}/fine` };
  const asking = makeApi({ database, record, now: () => NOW, stageUrls, connectUrl: 'http://127.0.0.1:9' });
  const status = await given(asking.status());
  server.close();
  expect(status.connect).toMatchObject({ isUp: false });
  expect(status.sources[0]?.stages.map(({ state, lagRecords }) => [state, lagRecords])).toEqual([
    ['ok', null],
    ['down', 12],
    ['ok', null],
    ['ok', null],
  ]);
  expect(status.findings.slice(0, 2)).toEqual([
    expect.stringContaining('Kafka Connect: '),
    'stage inferencer of source shops: not ready, kafka: refused',
  ]);
});

test('a database that is away is an answer of status, and a trouble for everything else', async () => {
  const { Database: Away } = await import('@overlay/storage');
  const nowhere = new Away('postgres://nobody@127.0.0.1:9/none', 1);
  const lost = makeApi({ database: nowhere, record: testRecord(nowhere), pack: samplePack, now: () => NOW });
  const status = Status.parse(await given(lost.status()));
  expect(status.postgres.isUp).toBe(false);
  expect(status.findings).toEqual([status.postgres.detail]);
  await expect(lost.summary({ date: 'today' })).rejects.toMatchObject({ code: 'postgres.unreachable' });
  await nowhere.close();
});

test('a gap is decided once, by name, and a rewritten source is never accepted', async () => {
  const gap = await writeGap(database, 1, 'transaction.hole', 8);
  const rewritten = await writeGap(database, 2, 'source.rewritten', 8);
  expect((await given(api.status())).findings.join()).toContain('gap e0009001 (transaction.hole) holds normalizer');
  expect(GapList.parse(await given(api.gaps())).gaps.map(({ decision }) => decision)).toEqual([null, null]);

  expect(await refusalOf(api.decideGap(rewritten, 'accept', 'ana'))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('needs a new source name'),
  });
  expect(await refusalOf(api.decideGap(gap, 'ignore', 'ana'))).toMatchObject({ code: 'invalid' });
  expect(await refusalOf(api.decideGap(gap, 'accept', ' '))).toMatchObject({ code: 'invalid' });
  expect(await refusalOf(api.decideGap('e0009777', 'accept', 'ana'))).toMatchObject({ code: 'not_found' });
  expect(await refusalOf(api.decideGap('gap', 'accept', 'ana'))).toMatchObject({ code: 'invalid' });

  expect(await given(api.decideGap(gap.slice(0, 8), 'accept', 'ana'))).toMatchObject({
    decision: 'accept',
    decidedBy: 'ana',
  });
  expect(await refusalOf(api.decideGap(gap, 'retry', 'eva'))).toMatchObject({ code: 'conflict' });
  expect(await given(api.decideGap(rewritten, 'retry', 'ana'))).toMatchObject({ decision: 'retry' });
  expect((await given(api.gaps())).gaps).toHaveLength(2);
});
