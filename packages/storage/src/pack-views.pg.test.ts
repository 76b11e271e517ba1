import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { canonicalJson } from '@overlay/evidence';
import fc from 'fast-check';
import type { Database } from './database.ts';
import { makePackViews, ViewTaken } from './make-pack-views.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { tillPack } from './testing/till.ts';

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
  await database.query("select audit.ensure_week('business_events', '2026-03-04')");
});
afterAll(async () => scratch?.drop());
beforeEach(async () => {
  await database.query('truncate audit.business_events');
  await makePackViews(database, tillPack());
});

async function land(payload: object, type = 'till.closed'): Promise<void> {
  const id = randomUUID();
  await database.query(
    `insert into audit.business_events values ('shop', 1, 1, '2026-03-04T05:06:07Z', $1, $3, 'till', '7', '3', 'ana', 'exact', 0.5, $2)`,
    [id, canonicalJson({ eventId: id, payload } as never), type],
  );
}

/** The view's row with every value as Postgres writes it. */
async function shown(): Promise<Readonly<Record<string, string | null>>> {
  const [row] = await database.query<{ row: Record<string, string | null> }>(
    `select (select json_object_agg(key, value) from json_each_text(row_to_json(t))) as row
      from (select *, amount::text as amount_text, counted_at at time zone 'UTC' as counted_utc from analyst.till_closed) t`,
  );
  return row?.row ?? {};
}

test('a payload is columns of its types', async () => {
  await land({
    place: '12',
    place_name: 'Lima',
    amount: '0012.50',
    is_balanced: true,
    counted_at: '2026-03-04T05:06:07.000008Z',
    opened_at: '2026-03-03 08:00:00',
    coins: [{ of: '0.50' }],
    source: 'mine',
    note: 'a "text"',
    occurred_at: '2026-03-04T05:00:00Z',
    doubts: ['one'],
  });
  expect(await shown()).toMatchObject({
    source: 'shop',
    committed_at: '2026-03-04T05:06:07+00:00',
    entity_id: '7',
    actor_id: '3',
    actor: 'ana',
    place: '12',
    place_name: 'Lima',
    amount_text: '12.50',
    is_balanced: 'true',
    counted_utc: '2026-03-04T05:06:07.000008',
    opened_at: '2026-03-03T08:00:00',
    coins: '[{"of":"0.50"}]',
    payload_source: 'mine',
    note: 'a "text"',
    occurred_at: '2026-03-04T00:00:00',
    doubts: '["one"]',
    has_unshowable_text: 'false',
  });
});

test('a transaction that is too large for rules is a row of its own view', async () => {
  await land({ rows: '20000', tables: { 'shop.items': { INSERT: '19999', DELETE: '1' } } }, 'bulk.change');
  expect(
    await database.query(
      'select sequence, transaction_id, row_count, tables::json as tables from analyst.bulk_changes',
    ),
  ).toEqual([
    {
      sequence: '1',
      transaction_id: '7',
      row_count: '20000',
      tables: { 'shop.items': { INSERT: '19999', DELETE: '1' } },
    },
  ]);
  await database.query('truncate audit.business_events');
  await land({ rows: '20000' });
  expect(await database.query('select from analyst.bulk_changes')).toEqual([]);
});

/** Values that fit, nearly fit, or are of another kind. */
const value = fc.oneof(
  fc.constantFrom('', '-0', '+7', '1e5', '9'.repeat(18), '8999999999999999999', '9000000000000000000', '1'.repeat(99)),
  fc.constantFrom('true', 'false', 't', '0', '1', 'TRUE', ' 1', '1\n', '٣', 'NaN', 'Infinity', 'now', 'epoch', 'today'),
  fc.constantFrom(
    '\0',
    '\ud800',
    '{"a":',
    'null',
    '\\u0000',
    '24:00:00',
    '2026-03-04T24:00:00Z',
    '2026-03-04 25:00:00',
  ),
  fc.constantFrom<unknown>(null, true, false, 0, -1, [], {}, [null], { a: '\0' }, ['\udc00', '"']),
  fc
    .tuple(fc.integer({ min: 0, max: 2500 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
    .chain(([year, month, day]) =>
      fc
        .constantFrom('', ' 08:09:10', 'T08:09:10Z', ' 23:59:59.999999', 'T00:00:00.1Z', 'T08:09:10')
        .map(
          (clock) =>
            `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}${clock}`,
        ),
    ),
  fc.string(),
);

const isShowable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const textOf = (given: unknown): string | null => {
  if (typeof given === 'string') return isShowable(given) ? given : null;
  return given === null ? null : canonicalJson(given as never).replaceAll(/"[^"]*\\u(0000|d[89a-f]..)"/g, 'null');
};
function dayOf(text: string): string | null {
  const [day = ''] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
  const at = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day || day.startsWith('0000') ? null : day;
}
const CLOCK = /^[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;

test('no value breaks a view: what does not fit its type is null, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      await database.query('delete from audit.business_events');
      const fields = ['place', 'place_name', 'amount', 'is_balanced', 'counted_at', 'opened_at', 'coins', 'note'];
      await land(Object.fromEntries(fields.map((name) => [name, given])));
      const text = textOf(given);
      const row = await shown();
      expect(row.place_name).toBe(text);
      const isNumber = text !== null && /^[+-]?[0-9]{1,80}(\.[0-9]{1,40})?$/.test(text);
      expect(row.amount_text !== null).toBe(isNumber);
      const isInteger =
        isNumber && !text.includes('.') && BigInt(text.replace('+', '')) < 9n * 10n ** 18n && text.length < 21;
      expect(row.place === null ? null : BigInt(row.place ?? '')).toBe(
        isInteger ? BigInt(text.replace('+', '')) : null,
      );
      expect(row.is_balanced).toBe(
        text === 'true' || text === '1' ? 'true' : text === 'false' || text === '0' ? 'false' : null,
      );
      const rest = text?.slice(10) ?? '';
      const isLocal = text !== null && dayOf(text) !== null && (rest === '' || CLOCK.test(rest));
      expect(row.opened_at !== null).toBe(isLocal);
      const isInstant = text !== null && dayOf(text) !== null && /^T.*Z$/.test(rest) && CLOCK.test(rest.slice(0, -1));
      expect(row.counted_at !== null).toBe(isInstant);
      if (isLocal) expect(row.opened_at?.slice(0, 10)).toBe(dayOf(text));
    }),
    { numRuns: 400 },
  );
});

test('what was made stays, what changed is replaced, what left is dropped, and others are left alone', async () => {
  expect(await makePackViews(database, tillPack())).toEqual([]);
  await database.query('create view public.of_others as select amount from analyst.till_closed');
  const more = tillPack();
  const [rule] = more.rules;
  if (!rule) throw new Error('the pack has no rule');
  const worded = {
    ...more,
    rules: [
      { ...rule, payload: { ...rule.payload, amount: { value: 'x', type: 'numeric', comment: 'New' } as const } },
    ],
  };
  expect(await makePackViews(database, worded)).toEqual(['till_closed']);

  const retyped = {
    ...more,
    rules: [{ ...rule, payload: { amount: { value: 'x', type: 'text', comment: 'New' } as const } }],
  };
  await expect(makePackViews(database, retyped)).rejects.toThrow(/other objects depend on it/);
  expect(await database.query('select amount from analyst.till_closed')).toEqual([]);

  await database.query('drop view public.of_others');
  expect(await makePackViews(database, retyped)).toEqual(['till_closed']);
  expect(await makePackViews(database, tillPack('', 'desk'))).toEqual(['desk_closed']);
  expect(await makePackViews(database, { ...more, rules: [] })).toEqual(['till_closed']);
  expect(await makePackViews(database, tillPack('', 'desk'))).toEqual([]);

  const renamed = { ...tillPack(), name: 'other' };
  expect(await makePackViews(database, renamed)).toEqual(['till_closed']);
  await expect(makePackViews(database, tillPack())).rejects.toThrow(ViewTaken);
  const fixed = { ...more, name: 'third', rules: [{ ...rule, event: 'business.events' }] };
  await expect(makePackViews(database, fixed)).rejects.toThrow(/analyst.business_events, which is there already/);
  await makePackViews(database, { ...renamed, rules: [] });
});

/** As Metabase asks on its sync: tables that may be read, then columns with types and comments. */
const TABLES = `select n.nspname as schema, c.relname as name, d.description from pg_class c join pg_namespace n on c.relnamespace = n.oid
  left join pg_description d on c.oid = d.objoid and d.objsubid = 0 and d.classoid = 'pg_class'::regclass
  where c.relkind in ('r', 'p', 'v', 'f', 'm') and n.nspname !~ '^(pg_|information_schema$)' and has_schema_privilege(n.nspname, 'usage')
    and has_table_privilege(c.oid, 'select') order by 1, 2`;
const COLUMNS = `select c.column_name as name, case when c.udt_schema in ('public', 'pg_catalog') then c.udt_name else c.udt_schema || '.' || c.udt_name end as type,
    col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) as comment
  from information_schema.columns c where c.table_schema = 'analyst' and c.table_name = $1 order by c.ordinal_position`;

test('a tool that looks around as an analyst finds views, columns, types and comments, and nothing else', async () => {
  const rollup = 'rollups: [{ event: till.closed, by: place, label: place_name, measures: { total: amount } }]';
  await makePackViews(database, tillPack(rollup));
  await database.transaction(async (client) => {
    await client.query('set local role audit_analyst');
    const tables = (await client.query(TABLES)).rows;
    expect(new Set(tables.map(({ schema }) => schema))).toEqual(new Set(['analyst']));
    expect(tables.filter(({ description }) => description === null)).toEqual([]);
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['till_closed', 'till_closed_daily_by_place']),
    );
    for (const { name } of tables)
      expect((await client.query(COLUMNS, [name])).rows.filter(({ comment }) => comment === null)).toEqual([]);
    const columns = async (view: string) =>
      (await client.query<{ name: string; type: string }>(COLUMNS, [view])).rows.map(
        ({ name, type }) => `${name} ${type}`,
      );
    expect(await columns('till_closed')).toEqual([
      ...['event_id uuid', 'source text', 'sequence int8', 'committed_at timestamptz', 'occurred_at timestamp'],
      ...[
        'entity_type text',
        'entity_id text',
        'actor_id text',
        'actor text',
        'actor_grade text',
        'confidence float4',
        'place int8',
      ],
      ...['place_name text', 'amount numeric', 'is_balanced bool', 'counted_at timestamptz', 'opened_at timestamp'],
      ...['coins json', 'payload_source text', 'note json', 'doubts json', 'has_unshowable_text bool'],
    ]);
    expect(await columns('till_closed_daily_by_place')).toEqual([
      ...['source text', 'day date', 'place int8', 'place_name text', 'events int8', 'total numeric'],
    ]);
  });
});

test('a stretch of time reads the weeks that hold it, and the functions are part of the plan', async () => {
  for (const day of ['2026-03-11', '2026-03-18', '2026-03-25'])
    await database.query("select audit.ensure_week('business_events', $1)", [day]);
  const lines = await database.query<{ 'QUERY PLAN': string }>(
    `explain (verbose, costs off) select amount, counted_at, opened_at, place, is_balanced from analyst.till_closed
      where committed_at >= '2026-03-12' and committed_at < '2026-03-13'`,
  );
  const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
  expect(new Set(plan.match(/business_events_2026w\d\d/g))).toEqual(new Set(['business_events_2026w11']));
  expect(plan).not.toContain('analyst.');
  // Of tables with hardly a row, reading all of one costs no more than its index: what is asked is whether the index gives the order.
  const newest = await database.transaction(async (client) => {
    await client.query('set local enable_seqscan = off');
    return client.query<{ 'QUERY PLAN': string }>(
      'explain (costs off) select * from analyst.till_closed order by committed_at desc limit 100',
    );
  });
  expect(newest.rows.map((line) => line['QUERY PLAN']).join('\n')).toContain('Merge Append');
});
