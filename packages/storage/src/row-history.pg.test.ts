import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor, Row } from '@overlay/model';
import { column } from '@overlay/model/testing';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { makeShopLog, SERVER, timeOf } from './testing/shop-log.ts';
import { landTransactionActors } from './transaction-actors.ts';

let scratch: Scratch;
let log: ReturnType<typeof makeShopLog>;

beforeAll(async () => {
  scratch = await makeScratch();
  log = makeShopLog(scratch.database);
});
afterAll(() => scratch?.drop());

const asOf = (table: string, at: number | string, key: unknown = null) =>
  scratch.database.query<{ row: Record<string, unknown>; doubts: string[]; sequence: string }>(
    'select "row", doubts, sequence from analyst.as_of($1, $2, $3) order by sequence, change_order',
    [table, String(at), key === null ? null : JSON.stringify(key)],
  );
const rows = async (...ask: Parameters<typeof asOf>) => (await asOf(...ask)).map(({ row }) => row);
const history = (table: string, key: unknown) =>
  scratch.database.query<Record<string, unknown>>('select * from analyst.history($1, $2)', [
    table,
    JSON.stringify(key),
  ]);

test('a row through insert, change, another key, renames of its table and its key, TRUNCATE, drop and a new table of its name', async () => {
  const items = { id: column('id', 'INT'), name: column('name', 'VARCHAR', { isNullable: true }) };
  await log.define('snapshot', 'items', [items.id, items.name], ['id']);
  const read = await log.snapshot('items', [
    { id: '1', name: 'a\u0000' },
    { id: '2', name: 'b' },
  ]);
  const changed = await log.land('items', [
    [
      { id: '1', name: 'a\u0000' },
      { id: '1', name: 'c' },
    ],
  ]);
  const moved = await log.land('items', [
    [
      { id: '2', name: 'b' },
      { id: '3', name: 'b' },
    ],
  ]);
  const renamed = await log.define(
    'rename',
    'goods',
    [
      column('number', 'INT'),
      items.name,
      column('note', 'TEXT', { isNullable: true }),
      column('qty', 'INT'),
      column('at', 'DATETIME', { hasDefault: true }),
    ],
    ['number'],
    {
      previousTable: 'items',
      renamedColumns: { id: 'number' },
    },
  );
  const after = await log.land('goods', [
    [null, { number: '4', name: 'd', note: null, qty: '7', at: 'x' }],
    [{ number: '3', name: 'b', note: null, qty: '0', at: 'x' }, null],
  ]);
  const truncated = await log.truncate('goods');
  const again = await log.land('goods', [[null, { number: '1', name: 'new', note: null, qty: '1', at: 'y' }]]);
  const dropped = await log.define('drop', 'goods', [column('number', 'INT')], ['number']);
  const created = await log.define('create', 'goods', [column('number', 'INT'), column('z', 'INT')], ['number']);
  const last = await log.land('goods', [[null, { number: '1', z: '9' }]]);

  expect(await rows('items', read)).toEqual([
    { id: '1', name: null },
    { id: '2', name: 'b' },
  ]);
  expect(await rows('items', changed, { id: 1 })).toEqual([{ id: '1', name: 'c' }]);
  expect(await rows('items', moved)).toEqual([
    { id: '1', name: 'c' },
    { id: '3', name: 'b' },
  ]);
  expect(await asOf('goods', renamed, { number: '3' })).toEqual([
    {
      row: { number: '3', name: 'b', note: null, qty: '0' },
      doubts: [`at: filled in by the DDL at sequence ${renamed}`],
      sequence: String(moved),
    },
  ]);
  expect((await rows('goods', after)).map(({ number }) => number)).toEqual(['1', '4']);
  expect(await rows('goods', truncated)).toEqual([]);
  expect(await rows('goods', again)).toEqual([{ number: '1', name: 'new', note: null, qty: '1', at: 'y' }]);
  await expect(asOf('goods', dropped)).rejects.toMatchObject({ hint: `it was dropped at sequence ${dropped}` });
  await expect(asOf('items', renamed)).rejects.toMatchObject({
    hint: `it was renamed to shop.goods at sequence ${renamed}`,
  });
  expect(await rows('goods', created)).toEqual([]);
  expect(await rows('goods', last)).toEqual([{ number: '1', z: '9' }]);

  const told = await history('goods', { number: 1 });
  expect(told.map(({ operation, sequence }) => [operation, Number(sequence)])).toEqual([
    ['READ', read],
    ['UPDATE', changed],
    ['RENAME', renamed],
    ['TRUNCATE', truncated],
    ['INSERT', again],
    ['DROP', dropped],
    ['CREATE', created],
    ['INSERT', last],
  ]);
  expect(told[1]).toMatchObject({ table_name: 'items', changes: { name: { before: null, after: 'c' } } });
  const keyed = await history('items', { id: '2' });
  expect(keyed.find(({ operation }) => operation === 'DELETE')).toMatchObject({
    sequence: String(moved),
    other_key: { id: '3' },
  });
});

test('what is set aside, repaired, replaced, lost or converted is told, and a repair counts in its place', async () => {
  const own = await makeScratch();
  try {
    const { define, snapshot, replaceSnapshot, land, setAside } = makeShopLog(own.database);
    const ask = (at: number) =>
      own.database.query<{ row: Row; doubts: string[] }>(
        'select "row", doubts from analyst.as_of($1, $2) order by "row" ->> \'id\'',
        ['t', String(at)],
      );
    await define('snapshot', 't', [column('id', 'INT'), column('v', 'INT')], ['id']);
    const cut = await snapshot('t', [
      { id: '1', v: 'old' },
      { id: '9', v: 'gone meanwhile' },
    ]);
    await replaceSnapshot('binlog.000001:99', 'binlog.000001:4');
    await snapshot('t', [{ id: '1', v: '1' }], 'binlog.000001:99');
    const aside = await setAside();
    const changed = await land('t', [
      [
        { id: '1', v: '5' },
        { id: '1', v: '6' },
      ],
      [null, { id: '2', v: '2' }],
    ]);
    await expect(ask(cut)).rejects.toMatchObject({
      code: 'P0002',
      message: expect.stringContaining('inside a snapshot'),
    });
    expect(await ask(aside)).toEqual([
      { row: { id: '1', v: '1' }, doubts: [expect.stringContaining(`sequence ${aside} is set aside`)] },
    ]);
    expect((await ask(changed)).map(({ doubts }) => doubts)).toEqual([[], []]);
    await land(
      't',
      [
        [
          { id: '1', v: '1' },
          { id: '1', v: '5' },
        ],
        [null, { id: '3', v: '3' }],
      ],
      { kind: 'repair', repairs: aside },
    );
    expect(await ask(aside)).toEqual([
      { row: { id: '1', v: '5' }, doubts: [] },
      { row: { id: '3', v: '3' }, doubts: [] },
    ]);
    expect((await ask(changed)).map(({ row }) => row)).toEqual([
      { id: '1', v: '6' },
      { id: '2', v: '2' },
      { id: '3', v: '3' },
    ]);
    const told = await own.database.query<{ operation: string; sequence: string }>(
      'select operation, sequence from analyst.history(\'t\', \'{"id":"1"}\')',
    );
    expect(told.map(({ operation }) => operation)).toEqual(['READ', 'UPDATE', 'UPDATE']);
    expect(told.map(({ sequence }) => Number(sequence))).toEqual([3, changed + 1, changed]);
    const lost = await define('alter', 't', [column('id', 'INT'), column('v', 'VARCHAR')], ['id'], { losesRows: true });
    expect((await ask(lost))[0]?.doubts).toEqual([
      `v: may have been converted by the DDL at sequence ${lost}`,
      `the row may be gone: the DDL at sequence ${lost} took rows away without telling which`,
    ]);
    const computed = await define(
      'alter',
      't',
      [column('id', 'INT'), column('v', 'VARCHAR'), column('w', 'INT', { isNullable: true })],
      ['id'],
      { statement: 'alter table t add w int as (id * ?)' },
    );
    expect((await ask(computed))[0]).toMatchObject({
      row: { id: '1', v: '6' },
      doubts: expect.arrayContaining([`w: filled in by the DDL at sequence ${computed}`]),
    });
  } finally {
    await own.drop();
  }
});

test('under another primary key the whole table and each row are right, and a history that cannot be told from others begins there', async () => {
  const own = await makeScratch();
  try {
    const { define, land } = makeShopLog(own.database);
    const columns = [column('a', 'INT'), column('b', 'INT')];
    await define('create', 't', columns, ['a']);
    await land('t', [
      [null, { a: '1', b: '5' }],
      [null, { a: '2', b: '6' }],
    ]);
    await land('t', [
      [
        { a: '1', b: '5' },
        { a: '1', b: '7' },
      ],
    ]);
    const rekeyed = await define('alter', 't', columns, ['b']);
    const last = await land('t', [[{ a: '2', b: '6' }, null]]);
    const ask = (at: number, key: Row | null = null) =>
      own.database.query<{ row: Row }>('select "row" from analyst.as_of($1, $2, $3) order by "row" ->> \'b\'', [
        't',
        String(at),
        key && JSON.stringify(key),
      ]);
    expect((await ask(rekeyed)).map(({ row }) => row)).toEqual([
      { a: '2', b: '6' },
      { a: '1', b: '7' },
    ]);
    expect((await ask(last)).map(({ row }) => row)).toEqual([{ a: '1', b: '7' }]);
    expect(await ask(last, { b: '7' })).toEqual([{ row: { a: '1', b: '7' } }]);
    expect(await ask(last, { b: '6' })).toEqual([]);
    const told = await own.database.query<{ operation: string }>(
      'select operation from analyst.history(\'t\', \'{"b":"6"}\')',
    );
    expect(told.map(({ operation }) => operation)).toEqual(['CREATE', 'ALTER', 'DELETE']);
  } finally {
    await own.drop();
  }
});

test('at every place that a time, a GTID or a sequence names, rows are those of whole transactions', async () => {
  const own = await makeScratch();
  try {
    const { define, land } = makeShopLog(own.database);
    await define('create', 'account', [column('id', 'INT'), column('balance', 'DECIMAL')], ['id']);
    const balances = new Map(Array.from({ length: 8 }, (_, id) => [String(id), 100]));
    await land(
      'account',
      [...balances].map(([id, balance]) => [null, { id, balance: String(balance) }]),
    );
    const random = makeRandom(7);
    const move = (id: string, by: number): [Row, Row] => {
      const before = balances.get(id) ?? 0;
      balances.set(id, before + by);
      return [
        { id, balance: String(before) },
        { id, balance: String(before + by) },
      ];
    };
    const states = new Map<number, string>();
    let last = 0;
    for (let times = 0; times < 60; times++) {
      const by = random(50);
      last = await land('account', [move(String(random(8)), -by), move(String(random(8)), by)]);
      states.set(last, JSON.stringify([...balances].map(([id, balance]) => ({ id, balance: String(balance) }))));
    }
    for (const [sequence, state] of states) {
      const at = [String(sequence), `${SERVER}:${sequence}`, timeOf(sequence)][sequence % 3] ?? '';
      const found = await own.database.query<{ row: Row }>(
        `select "row" from analyst.as_of('account', $1) order by "row" ->> 'id'`,
        [at],
      );
      expect(found.map(({ row }) => ({ id: row.id, balance: row.balance }))).toEqual(JSON.parse(state));
    }
    expect(last).toBe(62);
  } finally {
    await own.drop();
  }
});

test.each<[string, unknown[], string, RegExp, RegExp]>([
  ['as_of($1, $2)', ['nothing', '1'], 'P0002', /no table 'nothing'/, /shop\.goods/],
  ['as_of($1, $2)', ['goods', 'lately'], '22023', /no place/, /2026-11-21T05:00:00Z/],
  ['as_of($1, $2)', ['goods', '2026-03-04T00:00:05'], '22023', /no place/, /with its zone/],
  ['as_of($1, $2)', ['goods', '99999'], 'P0002', /not in the log/, /from 1 to \d+/],
  ['as_of($1, $2)', ['goods', '2001-01-01T00:00:00Z'], 'P0002', /begins after/, /begins at 2026-03-04T00:00:01/],
  [
    'as_of($1, $2)',
    ['goods', '11111111-2222-3333-4444-555555555555:7'],
    'P0002',
    /no transaction 1111/,
    new RegExp(`landed are ${SERVER}:1-`),
  ],
  ['as_of($1, $2, $3)', ['goods', '10', '{"id":1}'], '22023', /not named by id/, /its key is number/],
  ['history($1, $2)', ['goods', '{"a":1,"b":2}'], '22023', /not named by a, b/, /its key is number/],
  ['history($1, $2, $3)', ['goods', '{"number":1}', 'other'], 'P0002', /no source 'other'/, /there is: shop/],
])('%s of %j says what is known instead', async (call, values, code, message, hint) => {
  await expect(scratch.database.query(`select * from analyst.${call}`, values)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
});

test('analysts may ask, and the index answers for one row', async () => {
  await scratch.database.transaction(async (client) => {
    await client.query('set local role audit_analyst');
    const { rows } = await client.query(`select * from analyst.as_of('goods', '10')`);
    expect(rows).toHaveLength(1);
    await client.query('set local role audit_reader');
    expect((await client.query(`select * from analyst.history('goods', '{"number":1}')`)).rows).toHaveLength(8);
    await client.query('reset role');
    await client.query('set local enable_seqscan = off');
    const plan = await client.query<{ 'QUERY PLAN': string }>(
      'explain select * from audit.change_events e where audit.row_hash(e.body) = any($1::bigint[])',
      [[1]],
    );
    expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index.*row_hash/);
  });
});

/** Whole numbers below a limit, the same ones for a seed. */
function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}

test('a change has the actor of its transaction; where several acted, the one of the business event that rests on it', async () => {
  const { database } = scratch;
  await log.define('snapshot', 'prices', [column('id', 'INT'), column('price', 'INT')], ['id']);
  await log.snapshot('prices', []);
  const set = (id: string) => [null, { id, price: '1' }] as const;
  const [by_ana, by_several, by_nobody] = [
    await log.land('prices', [set('1')]),
    await log.land('prices', [set('2'), set('3')]),
    await log.land('prices', [set('4')]),
  ];
  const [ana, eva] = (['7', '8'] as const).map((id) => ({ id, label: `user ${id}`, grade: 'exact' }) as const);
  if (!ana || !eva) throw new Error('two are given');
  const actorOf = (sequence: number, ...actors: Actor[]) => ({
    source: 'shop',
    sequence,
    timestamp: timeOf(sequence).replace('Z', '000Z'),
    actors,
  });
  for (const table of ['transaction_actors', 'business_events'])
    await database.query('select audit.ensure_week($1, $2::date)', [table, timeOf(by_ana)]);
  await database.transaction((client) =>
    landTransactionActors(client, [actorOf(by_ana, ana), actorOf(by_several, ana, eva), actorOf(by_nobody)]),
  );
  await database.query(
    `insert into audit.business_events (source, sequence, ordinal, commit_time, event_id, event_type, entity_type, entity_id,
        actor_id, actor_label, actor_grade, confidence, body)
      select source, sequence, 1, commit_time, gen_random_uuid(), 'price.set', 'price', '3', '8', 'user 8', 'exact', 1,
          json_build_object('sourceEventIds', json_build_array(event_id))
        from audit.change_events where sequence = $1 and ordinal = 2`,
    [by_several],
  );
  const told = async (id: number) =>
    (await history('prices', { id })).map(({ actor_id, actor_label, actor_grade }) => [
      actor_id,
      actor_label,
      actor_grade,
    ]);
  expect(await told(1)).toEqual([['7', 'user 7', 'exact']]);
  expect(await told(2)).toEqual([[null, null, 'several']]);
  expect(await told(3)).toEqual([['8', 'user 8', 'exact']]);
  expect(await told(4)).toEqual([[null, null, null]]);
});
