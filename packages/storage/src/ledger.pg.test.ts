import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DenseRecord, Gap, Landing, Repeat, WrittenRecord } from '@overlay/model';
import { Trouble } from '@overlay/runtime';
import fc from 'fast-check';
import { makeDataKeys } from './data-keys.ts';
import type { Database } from './database.ts';
import { makeLedger } from './ledger.ts';
import { migrate } from './migrate.ts';
import { changeEvents, type WrittenChange } from './record-tables.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
});
afterAll(() => scratch?.drop());

const ledger = (source = 'shop') =>
  makeLedger<WrittenChange>(database, {
    stage: `normalizer of ${source}`,
    table: changeEvents,
    evidence: { nonceKey: Buffer.alloc(32, 5).toString('base64') },
    dataKeys: makeDataKeys(database, MASTER_KEY),
  });

function written(
  source: string,
  sequence: number,
  bodies: readonly string[],
  timestamp = '2026-03-04T05:06:07.000008Z',
): WrittenRecord<WrittenChange> {
  const items = bodies.map(
    (body, index): WrittenChange => ({
      eventId: `00000000-0000-5000-8000-${String(sequence * 1000 + index).padStart(12, '0')}`,
      database: 'shop',
      table: 'things',
      operation: 'INSERT',
      body,
      sealedValues: null,
    }),
  );
  const record: DenseRecord<WrittenChange> = {
    source,
    sequence,
    kind: 'transaction',
    transactionId: `${source}:${sequence}`,
    timestamp,
    items,
  };
  return { record, bodies };
}

async function landing(
  source: string,
  records: readonly WrittenRecord<WrittenChange>[],
  more: Partial<Landing<WrittenChange>> = {},
) {
  const { head } = await ledger(source).open(source);
  const landed = records.at(-1)?.record.sequence ?? head.landed;
  const position = { topic: `cdc.${source}`, partition: 0, offset: String(landed), digest: 'd' };
  return { head, landed, position, gtids: '', records, remember: new Map(), deadLetters: [], repeats: [], ...more };
}

const nowhere = () => {};

test('what nothing explains lands with its records, and not without them', async () => {
  const unexplained = [
    {
      source: 'puzzle',
      sequence: 1,
      timestamp: '2026-03-04T05:06:07.000008Z',
      database: 'shop',
      table: 'things',
      operation: 'INSERT' as const,
      rows: 2,
      firstEventId: '0b5f3c4e-5a3b-5c53-9d6e-2f7c4c1d8a90',
    },
  ];
  const stored = async () =>
    (await database.query("select row_count from audit.unexplained_changes where source = 'puzzle'")).length;
  const first = await landing('puzzle', [written('puzzle', 1, ['{}', '{}'])], { unexplained });
  const die = (point: string) => {
    if (point === 'before_commit') throw new Error('died');
  };
  await expect(ledger('puzzle').land(first, die)).rejects.toThrow('died');
  expect(await stored()).toBe(0);
  await ledger('puzzle').land(first, nowhere);
  expect(await stored()).toBe(1);
  await expect(ledger('puzzle').land(first, nowhere)).rejects.toThrow(Trouble);
  expect(await stored()).toBe(1);
});

test('migrating again does nothing, also when two do it at once', async () => {
  expect(await Promise.all([migrate(database), migrate(scratch.connect(scratch.url))])).toEqual([[], []]);
});

test('rows, head and memory land together, and come back byte for byte', async () => {
  const awkward = ['{"a":"tab\\t nl\\n back\\\\slash é 🙂 \\u0000"}', '{"10":"x","2":"y"}'];
  const first = await landing('bytes', [written('bytes', 1, awkward), written('bytes', 2, [])], {
    remember: new Map([['k', { v: 1 }]]),
  });
  expect((await ledger('bytes').land(first, nowhere)).kind).toBe('landed');
  const { head, memory } = await ledger('bytes').open('bytes');
  expect([head.landed, head.published, head.revision, memory.get('k')]).toEqual([2, 0, 1, { v: 1 }]);
  const read = [];
  for await (const { record, bodies } of ledger('bytes').unpublished('bytes', 0, 2))
    read.push([record.sequence, record.timestamp, [...bodies]]);
  expect(read).toEqual([
    [1, '2026-03-04T05:06:07.000008Z', awkward],
    [2, '2026-03-04T05:06:07.000008Z', []],
  ]);
});

test('COPY keeps any text', async () => {
  let sequence = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), async (texts) => {
      const bodies = texts.map((text) => JSON.stringify({ text }));
      await ledger('copy').land(await landing('copy', [written('copy', ++sequence, bodies)]), nowhere);
      for await (const read of ledger('copy').unpublished('copy', sequence - 1, sequence))
        expect([...read.bodies]).toEqual(bodies);
    }),
    { numRuns: 30 },
  );
});

test('a copy of the stage whose head is old is refused, and nothing of its landing stays', async () => {
  const one = await landing('fence', [written('fence', 1, ['{"from":"one"}'])]);
  const other = await landing('fence', [written('fence', 1, ['{"from":"other"}'])]);
  await ledger('fence').land(one, nowhere);
  const refused = ledger('fence').land(other, nowhere);
  await expect(refused).rejects.toMatchObject({ code: 'stage.fenced' });
  await expect(refused).rejects.toBeInstanceOf(Trouble);
  const rows = await database.query("select body::text as body from audit.change_events where source = 'fence'");
  expect(rows).toEqual([{ body: '{"from":"one"}' }]);
});

test.each(['landing', 'noting'])('a copy that freezes over its head loses it to the next one, %s', async (doing) => {
  const frozen = await landing(doing, [written(doing, 1, ['{"from":"frozen"}'])]);
  const next = await landing(doing, [written(doing, 1, ['{"from":"next"}'])]);
  let isFrozen = () => {};
  const reached = new Promise<void>((resolve) => {
    isFrozen = resolve;
  });
  // The connection of the frozen copy stays open in the middle of its transaction, as that of a stopped process does.
  const holder = scratch.connect(scratch.url);
  const freezing = holder.transaction(async (client) => {
    await client.query(`set local application_name = 'audit landing normalizer of ${doing} ${doing}'`);
    await client.query('update audit.heads set updated_at = now() where source = $1', [doing]);
    isFrozen();
    await client.query('select pg_sleep(300)');
  });
  await reached;
  expect((await ledger(doing).open(doing)).head.revision).toBe(next.head.revision); // without waiting
  const attempt = () =>
    doing === 'landing' ? ledger(doing).land(next, nowhere) : ledger(doing).notePublished(doing, 0);
  await expect(attempt()).rejects.toMatchObject({ code: 'postgres.unreachable' });
  await attempt();
  await expect(freezing).rejects.toMatchObject({ code: 'postgres.unreachable' });
  if (doing === 'noting') await ledger(doing).land(next, nowhere);
  await expect(ledger(doing).land(frozen, nowhere)).rejects.toMatchObject({ code: 'stage.fenced' });
  await holder.close();
});

test('a failure between rows and head leaves neither', async () => {
  const doomed = await landing('doomed', [written('doomed', 1, ['{}'])]);
  const die = (point: string) => {
    if (point === 'before_commit') throw new Error('dies here');
  };
  await expect(ledger('doomed').land(doomed, die)).rejects.toThrow('dies here');
  expect(await database.query("select from audit.transactions where source = 'doomed'")).toEqual([]);
  expect((await ledger('doomed').open('doomed')).head.landed).toBe(0);
});

/** A transaction that comes again, with so many rows of each table. */
const repeat = (transactionId: string, timestamp: string, rowsOf: Readonly<Record<string, number>>): Repeat => ({
  transactionId,
  timestamp,
  itemCount: Object.values(rowsOf).reduce((sum, rows) => sum + rows, 0),
  tables: Object.entries(rowsOf).map(([table, rows]) => ({ database: 'shop', table, rows })),
});

test('a transaction id that comes again with another commit time is a gap, with the same one it is nothing', async () => {
  const again = (timestamp: string, rows = 1) => ({ repeats: [repeat('again:1', timestamp, { things: rows })] });
  await ledger('again').land(await landing('again', [written('again', 1, ['{}'])]), nowhere);
  const same = await ledger('again').land(await landing('again', [], again('2026-03-04T05:06:07.000000Z')), nowhere);
  expect(same.kind).toBe('landed');
  const other = await ledger('again').land(await landing('again', [], again('2026-03-04T05:06:08.000000Z')), nowhere);
  expect(other).toMatchObject({ kind: 'gap', gap: { code: 'source.rewritten', subject: 'again:1' } });
  const counted = await ledger('again').land(
    await landing('again', [], again('2026-03-04T05:06:07.000000Z', 2)),
    nowhere,
  );
  expect(counted).toMatchObject({ kind: 'gap', gap: { code: 'source.rewritten', subject: 'again:1' } });
  const atOnce = await landing('again', [written('again', 2, ['{}'])], {
    repeats: [repeat('again:2', '2026-03-04T05:06:07.000000Z', { things: 1 })],
  });
  expect((await ledger('again').land(atOnce, nowhere)).kind).toBe('landed');
});

test('a transaction that comes again with rows of tables that were not captured then is a gap of each, which can be accepted', async () => {
  const at = '2026-03-04T05:06:07.000000Z';
  const land = async (...repeats: readonly Repeat[]) => {
    const result = await ledger('wider').land(await landing('wider', [], { repeats }), nowhere);
    return result.kind === 'gap' ? result.gap : undefined;
  };
  const accept = async (gap: Gap | undefined) => {
    if (!gap) throw new Error('there is no gap to accept');
    const { head } = await ledger('wider').open('wider');
    const place = { topic: 'cdc.wider', partition: 0, offset: '9' };
    const { gapId } = await ledger('wider').recordGap(head, gap, place);
    await database.query("update audit.gaps set decision = 'accept' where gap_id = $1", [gapId]);
  };
  await ledger('wider').land(await landing('wider', [written('wider', 1, ['{}', '{}'])]), nowhere);
  const wider = repeat('wider:1', at, { things: 2, late: 3, later: 1 });
  const empty = repeat('wider:0', at, { late: 1 }); // of it nothing was captured: it has no sequence
  const gap = await land(empty, wider);
  expect(gap).toMatchObject({ code: 'capture.widened', subject: 'shop.late' });
  await accept(gap);
  const second = await land(empty, wider);
  expect(second).toMatchObject({ code: 'capture.widened', subject: 'shop.later' });
  await accept(second);
  expect(await land(empty, wider)).toBeUndefined();
  expect(await land(repeat('wider:1', at, { late: 3 }))).toBeUndefined(); // captured no more

  const others = [
    repeat('wider:1', at, { things: 3, late: 3 }),
    { ...wider, timestamp: '2026-03-04T05:06:08.000000Z' },
  ];
  for (const other of others) expect(await land(other)).toMatchObject({ code: 'source.rewritten', subject: 'wider:1' });
  // What landed after that was captured.
  await ledger('wider').land(await landing('wider', [written('wider', 2, ['{}'])]), nowhere);
  expect(await land(repeat('wider:2', at, { things: 1, late: 1 }))).toMatchObject({ code: 'capture.widened' });
});

test('a transaction that comes again after its week has left cannot be compared, and is nothing', async () => {
  const repeats = [repeat('gone:1', '1999-03-04T05:06:07.000000Z', { things: 3 })];
  const late = await ledger('gone').land(await landing('gone', [], { repeats }), nowhere);
  expect(late.kind).toBe('landed');
  // Nor once the week is there again.
  await database.query("select audit.ensure_week('transactions', '1999-03-04')");
  expect((await ledger('gone').land(await landing('gone', [], { repeats }), nowhere)).kind).toBe('gap');
  await database.query('drop table audit.transactions_1999w09');
  await database.query("select audit.ensure_week('transactions', '1999-03-04')");
  expect((await ledger('gone').land(await landing('gone', [], { repeats }), nowhere)).kind).toBe('landed');
});

test('history finds its week, and weeks are made once however many ask', async () => {
  const weeks = ['1999-12-31T23:59:59.999999Z', '2000-01-03T00:00:00.000000Z', '2031-06-15T12:00:00.000000Z'];
  const records = weeks.map((timestamp, index) => written('weeks', index + 1, ['{}'], timestamp));
  await Promise.all(weeks.map(() => database.query("select audit.ensure_week('transactions', '1999-12-31')")));
  await ledger('weeks').land(await landing('weeks', records), nowhere);
  const partitions = await database.query<{ name: string }>(
    "select (select relname from pg_class where oid = t.tableoid) as name from audit.transactions t where source = 'weeks' order by sequence",
  );
  expect(partitions.map(({ name }) => name)).toEqual([
    'transactions_1999w52',
    'transactions_2000w01',
    'transactions_2031w24',
  ]);
});

test('a gap is recorded once while it is undecided, and again when it is found again after a decision', async () => {
  const { head } = await ledger('gaps').open('gaps');
  const gap = { code: 'sequence.jump' as const, subject: '9', detail: 'x' };
  const at = { topic: 't', partition: 0, offset: '5' };
  const first = await ledger('gaps').recordGap(head, gap, at);
  expect(await ledger('gaps').recordGap(head, gap, at)).toEqual(first);
  await database.query("update audit.gaps set decision = 'accept' where gap_id = $1", [first.gapId]);
  expect(await ledger('gaps').gapDecision(first.gapId)).toBe('accept');
  expect([...(await ledger('gaps').open('gaps')).accepted]).toEqual(['9']);
  expect((await ledger('gaps').recordGap(head, gap, at)).gapId).not.toBe(first.gapId);
});

test('a stage lands with the role of a writer, an analyst reads views', async () => {
  const roleOf = async (role: string) => {
    await database.query(`drop role if exists ledger_${role}`);
    await database.query(`create role ledger_${role} login password 'p' in role audit_${role}`);
    const own = new URL(scratch.url);
    [own.username, own.password] = [`ledger_${role}`, 'p'];
    return scratch.connect(own.href);
  };
  const [writer, analyst] = [await roleOf('writer'), await roleOf('analyst')];
  await expect(writer.query("select audit.ensure_week('heads', '2026-01-01')")).rejects.toThrow('not a table');
  expect(
    await analyst.query("select row_after from analyst.change_events where source = 'bytes' order by change_order"),
  ).toHaveLength(2);
  const landed = makeLedger<WrittenChange>(writer, {
    stage: 'w',
    table: changeEvents,
    evidence: { nonceKey: Buffer.alloc(32, 5).toString('base64') },
    dataKeys: makeDataKeys(writer, MASTER_KEY),
  });
  const { head } = await landed.open('roles');
  expect(head.landed).toBe(0);
  await writer.close();
  await analyst.close();
});

test('every view and every column of the analysts is described', async () => {
  const bare = await database.query(
    `select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where n.nspname = 'analyst' and c.relkind = 'v'
        and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)`,
  );
  expect(bare).toEqual([]);
});
