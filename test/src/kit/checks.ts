import { expect } from '@jest/globals';
import type { Database } from '@overlay/storage';
import { evidenceFindings } from './evidence.ts';
import { makeMasks } from './mask.ts';
import { readTables, rebuildTables } from './rebuild.ts';
import type { World } from './world.ts';

/** Every captured table, rebuilt from the log alone, equals MySQL row by row; a sensitive column has a token where MySQL has a value. */
export async function expectEveryRowRebuilt(world: World): Promise<void> {
  const [rebuilt, real, masks] = await Promise.all([rebuildTables(world), readTables(world), makeMasks()]);
  expect(real.size).toBe(11);
  for (const [table, rows] of real) {
    const own = rowsOf(rebuilt.get(table) ?? new Map(), (row) => masks.log(table, row));
    expect([table, own]).toEqual([table, rowsOf(rows, (row) => masks.source(table, row))]);
  }
}

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (rows: ReadonlyMap<string, string>, mask: (row: Row) => Row): Readonly<Record<string, Row>> =>
  Object.fromEntries([...rows].map(([key, row]) => [key, mask(JSON.parse(row) as Row)]));

/** No event is there twice, sequences run from 1 without a hole up to `last` at least, each a leaf over what its rows say, and no gap was recorded. */
export async function expectNothingTwice(world: World, last: number): Promise<void> {
  const tables = {
    change_events: 'event_id',
    business_events: 'event_id',
    anomalies: 'anomaly_id',
    narratives: 'narrative_id',
  };
  for (const [table, id] of Object.entries(tables)) {
    const [counted] = await world.record.query<{ rows: string; ids: string }>(
      `select count(*) as rows, count(distinct ${id}) as ids from audit.${table} where source = $1`,
      [world.name],
    );
    expect(Number(counted?.rows)).toBeGreaterThan(0);
    expect(counted?.ids).toBe(counted?.rows);
  }
  const [dense] = await world.record.query<{ rows: string; first: string; last: string }>(
    'select count(*) as rows, min(sequence) as first, max(sequence) as last from audit.transactions where source = $1',
    [world.name],
  );
  expect(dense).toEqual({ rows: dense?.last, first: '1', last: dense?.last });
  expect(Number(dense?.last)).toBeGreaterThanOrEqual(last);
  const gaps = await world.record.query('select code, detail from audit.gaps');
  expect(gaps).toEqual([]);
  expect(await evidenceFindings(world.record, world.name)).toEqual([]);
}

/** Two records of one source hold the same ids, bytes and leaves up to a sequence, in every table. */
export async function expectSameBytes(one: Database, other: Database, source: string, last: number): Promise<void> {
  const tables = {
    transactions: "kind || transaction_id || commit_time || item_count || encode(leaf, 'hex')",
    transaction_actors: "actor_grade || coalesce(actor_id, '') || coalesce(several::text, '')",
    change_events: 'ordinal || event_id::text || body::text',
    business_events: 'ordinal || event_id::text || body::text',
    anomalies: 'ordinal || anomaly_id::text || case_id::text || body::text',
    narratives: 'ordinal || narrative_id::text || body::text',
  };
  for (const [table, bytes] of Object.entries(tables)) {
    const order = bytes.startsWith('ordinal') ? 'sequence, ordinal' : 'sequence';
    const text = `select count(*) as rows, md5(string_agg(${bytes}, '|' order by ${order})) as digest from audit.${table}
      where source = $1 and sequence <= $2`;
    const [first, second] = [await one.query(text, [source, last]), await other.query(text, [source, last])];
    expect([table, second]).toEqual([table, first]);
  }
}
