import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { canonicalJson, identify } from '@overlay/evidence';
import type { BusinessEvent, WrittenRecord } from '@overlay/model';
import fc from 'fast-check';
import { makeDataKeys } from './data-keys.ts';
import type { Database } from './database.ts';
import { makeLedger } from './ledger.ts';
import { makePackViews } from './make-pack-views.ts';
import { writeRebuild } from './rebuilds.ts';
import { businessEvents } from './record-tables.ts';
import { rollUp } from './rollups.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { tillPack } from './testing/till.ts';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const ROLLUPS = `rollups:
  - { event: till.closed, measures: { total: amount, places: place } }
  - { event: till.closed, by: place, label: place_name, measures: { total: amount } }
  - { event: till.closed, by: is_balanced }`;

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
  await database.query("select audit.ensure_week('transactions', '2026-03-04')");
});
afterAll(async () => scratch?.drop());
beforeEach(async () => {
  await makePackViews(database, { ...tillPack(), rules: [] });
  await database.query('delete from audit.business_events');
  await database.query('delete from audit.heads');
});

const ledger = () =>
  makeLedger<BusinessEvent>(database, {
    stage: 'inferencer',
    table: businessEvents,
    dataKeys: makeDataKeys(database, MASTER_KEY),
    alsoLand: rollUp,
  });

type Payload = BusinessEvent['payload'];
interface Given {
  readonly timestamp: string;
  readonly payloads: readonly Payload[];
}

function written(source: string, sequence: number, { timestamp, payloads }: Given): WrittenRecord<BusinessEvent> {
  const transactionId = `${source}:${sequence}`;
  const items = payloads.map(
    (payload, index): BusinessEvent => ({
      eventId: identify(source, sequence, index),
      type: index % 5 === 4 ? 'till.moved' : 'till.closed',
      entityType: 'till',
      entityId: '1',
      timestamp,
      actor: { id: null, label: null, grade: 'unknown' },
      payload,
      confidence: 1,
      sourceEventIds: [],
      rule: 'till.closed',
      ruleVersion: 1,
    }),
  );
  const record = { source, sequence, kind: 'transaction' as const, transactionId, timestamp, items };
  return { record, bodies: items.map((item) => canonicalJson(item as never)) };
}

async function land(records: readonly WrittenRecord<BusinessEvent>[], dieAt?: string): Promise<void> {
  const source = records[0]?.record.source ?? '';
  const { head } = await ledger().open(source);
  const landed = records.at(-1)?.record.sequence ?? 0;
  const position = { topic: 'audit.transactions', partition: 0, offset: String(landed), digest: 'd' };
  const landing = { head, landed, position, gtids: '', records, remember: new Map(), deadLetters: [], repeats: [] };
  await ledger().land(landing, (point) => {
    if (point === dieAt) throw new Error('died');
  });
}

const kept = () =>
  database.query(
    `select view_name, source, day::text, group_key, group_label, measure, value::numeric::text from audit.daily_rollups
      order by 1, 2, 3, 4 nulls first, 6`,
  );

/** The same, counted anew. */
async function counted(): Promise<object[]> {
  await makePackViews(database, { ...tillPack(), rules: [] });
  await makePackViews(database, tillPack(ROLLUPS));
  return kept();
}

/** The same by place, from the events themselves as SQL reads them. */
const COUNTED = `select 'till_closed_daily_by_place' as view_name, source, (commit_time at time zone 'America/Lima')::date::text as day,
    left(analyst.field(body, 'payload', 'place'), 200) as group_key,
    max(analyst.field(body, 'payload', 'place_name') collate "C") filter (where measure = 'events') as group_label,
    measure, sum(value)::text as value
  from audit.business_events
    cross join lateral (values ('events', 1), ('total', analyst.numeric_or_null(analyst.field(body, 'payload', 'amount')))) as of (measure, value)
  where event_type = 'till.closed' and value is not null group by 2, 3, 4, 6 order by 2, 3, 4 nulls first, 6`;

const number = fc.constantFrom('1', '-2.50', '0.001', '12345678901234567890.12', 'none', '', '1e3');
const payload: fc.Arbitrary<Payload> = fc.record({
  place: fc.constantFrom<Payload[string]>('1', '2', null, 'x', '\0', 'long '.repeat(100)),
  place_name: fc.constantFrom<Payload[string]>(null, 'Lima', 'Łódź', '\ue000', '😀', '\ud800'),
  amount: fc.oneof(number, fc.constantFrom<Payload[string]>(null, 7, true)),
  is_balanced: fc.constantFrom<Payload[string]>(true, false, null),
});
const given: fc.Arbitrary<Given> = fc.record({
  timestamp: fc.constantFrom(
    '2026-03-04T04:59:59.999999Z',
    '2026-03-04T05:00:00.000000Z',
    '2026-03-05T03:00:00.000001Z',
    '2026-03-11T12:00:00.000000Z',
  ),
  payloads: fc.array(payload, { maxLength: 6 }),
});

test('what is kept up equals what is counted from the events, however they landed and wherever a landing died', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(given, { minLength: 1, maxLength: 8 }),
      fc.array(fc.record({ length: fc.integer({ min: 1, max: 4 }), dies: fc.boolean() }), {
        minLength: 8,
        maxLength: 8,
      }),
      async (all, cuts) => {
        for (const table of ['business_events', 'heads']) await database.query(`delete from audit.${table}`);
        await makePackViews(database, { ...tillPack(), rules: [] });
        await makePackViews(database, tillPack(ROLLUPS));
        const records = all.map((one, index) => written('shop', index + 1, one));
        let at = 0;
        for (const { length, dies } of cuts) {
          const batch = records.slice(at, at + length);
          if (batch.length === 0) break;
          if (dies) await expect(land(batch, 'before_commit')).rejects.toThrow('died');
          await land(batch);
          at += length;
        }
        const live = await kept();
        expect(live.filter(({ view_name }) => view_name === 'till_closed_daily_by_place')).toEqual(
          await database.query(COUNTED),
        );
        expect(live).toEqual(await counted());
      },
    ),
    { numRuns: 25 },
  );
});

test('views show days of the zone, groups by their type and sums as numbers', async () => {
  await makePackViews(database, tillPack(ROLLUPS));
  const one: Payload = { place: '7', place_name: 'Lima', amount: '10.10', is_balanced: true };
  await land([
    written('shop', 1, { timestamp: '2026-03-04T04:59:59.999999Z', payloads: [one, one] }),
    written('shop', 2, { timestamp: '2026-03-04T05:00:00.000000Z', payloads: [{ ...one, place_name: 'Arequipa' }] }),
  ]);
  expect(
    await database.query(
      'select source, day::text, place, place_name, events, total from analyst.till_closed_daily_by_place order by day',
    ),
  ).toEqual([
    { source: 'shop', day: '2026-03-03', place: '7', place_name: 'Lima', events: '2', total: '20.20' },
    { source: 'shop', day: '2026-03-04', place: '7', place_name: 'Arequipa', events: '1', total: '10.10' },
  ]);
  expect(
    await database.query('select day::text, events, total, places from analyst.till_closed_daily order by day'),
  ).toEqual([
    { day: '2026-03-03', events: '2', total: '20.20', places: '14' },
    { day: '2026-03-04', events: '1', total: '10.10', places: '7' },
  ]);
});

test('a roll-up that comes later counts what landed before it, while landings wait', async () => {
  const one: Given = { timestamp: '2026-03-04T05:00:00.000000Z', payloads: [{ amount: '1' }] };
  const landings = Array.from({ length: 12 }, (_, index) => land([written(`shop${index}`, 1, one)]));
  const made = makePackViews(database, tillPack(ROLLUPS));
  await Promise.all([...landings, made]);
  const [row] = await database.query(
    'select sum(events)::int as events, sum(total)::int as total from analyst.till_closed_daily',
  );
  expect(row).toEqual({ events: 12, total: 12 });
});

test('a rebuild counts the days of its stretch anew, and no others', async () => {
  await makePackViews(database, tillPack(ROLLUPS));
  const one: Payload = { place: '7', place_name: 'Lima', amount: '10.10', is_balanced: true };
  const records = ['03', '04', '05'].map((day, index) =>
    written('shop', index + 1, { timestamp: `2026-03-${day}T12:00:00.000000Z`, payloads: [one, one] }),
  );
  await land(records);
  await database.query(
    `insert into audit.transactions (source, sequence, kind, transaction_id, commit_time, item_count)
      select source, sequence, 'transaction', source || sequence, commit_time, 0 from audit.business_events where ordinal = 1`,
  );
  await database.query("update audit.daily_rollups set value = 99 where measure = 'events' and day <> '2026-03-04'");
  const pack = { name: 'till', version: 9, content: {} };
  const other = written('shop', 2, {
    timestamp: '2026-03-04T12:00:00.000000Z',
    payloads: [{ ...one, place_name: 'Ica', amount: '1' }],
  });
  async function* events() {
    yield { record: other.record, unexplained: [], actor: null };
  }
  await writeRebuild(database, { source: 'shop', from: 2, to: 2, pack, by: 'ana' }, events(), (event) =>
    canonicalJson(event as never),
  );
  expect(
    await database.query(
      'select day::text, place_name, events, total from analyst.till_closed_daily_by_place order by day',
    ),
  ).toEqual([
    { day: '2026-03-03', place_name: 'Lima', events: '99', total: '20.20' },
    { day: '2026-03-04', place_name: 'Ica', events: '1', total: '1' },
    { day: '2026-03-05', place_name: 'Lima', events: '99', total: '20.20' },
  ]);
  expect(await database.query('select events from analyst.daily_events order by day')).toEqual(
    ['2', '1', '2'].map((events) => ({ events })),
  );
  for (const table of ['rebuilt_business_events', 'rebuilds', 'transactions'])
    await database.query(`delete from audit.${table}`);
});
