import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UnexplainedChange } from '@overlay/model';
import type { Database } from './database.ts';
import { readUnexplained } from './queries/unexplained.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { landUnexplained } from './unexplained.ts';

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
});
afterAll(() => scratch?.drop());

const CHANGE: UnexplainedChange = {
  source: 'shop',
  sequence: 7,
  timestamp: '2026-03-04T05:06:07.000008Z',
  database: 'shop',
  table: 'we`ird "name"',
  operation: 'UPDATE',
  rows: 3,
  firstEventId: '0b5f3c4e-5a3b-5c53-9d6e-2f7c4c1d8a90',
};

test('what nothing explains lands once, whatever comes again, and is read newest first', async () => {
  const later = { ...CHANGE, sequence: 8, timestamp: '2026-03-04T05:06:08.000000Z' };
  await database.transaction((client) => landUnexplained(client, []));
  await database.transaction((client) => landUnexplained(client, [CHANGE, { ...CHANGE, operation: 'DELETE' }, later]));
  await database.transaction((client) => landUnexplained(client, [{ ...CHANGE, rows: 99 }]));
  expect(await readUnexplained(database, {}, 10)).toEqual([later, { ...CHANGE, operation: 'DELETE' }, CHANGE]);
  expect(await readUnexplained(database, { from: later.timestamp, table: later.table }, 10)).toEqual([later]);
  expect(await readUnexplained(database, { to: later.timestamp, source: 'shop' }, 1)).toHaveLength(1);
});

test('those who write may add, nobody may change, and every column of the view says what it is', async () => {
  const rights = ['select', 'insert', 'update', 'delete', 'truncate'];
  const of = async (role: string) => {
    const [row] = await database.query<{ may: boolean[] }>(
      `select array_agg(has_table_privilege($1, 'audit.unexplained_changes', "right")) as may from unnest($2::text[]) as "right"`,
      [role, rights],
    );
    return row?.may;
  };
  expect(await of('audit_writer')).toEqual([true, true, false, false, false]);
  expect(await of('audit_reader')).toEqual([true, false, false, false, false]);
  expect(await of('audit_analyst')).toEqual([false, false, false, false, false]);
  const [without] = await database.query<{ columns: number }>(
    `select count(*)::int as columns from information_schema.columns
      where table_schema = 'analyst' and table_name = 'unexplained_changes'
        and col_description('analyst.unexplained_changes'::regclass, ordinal_position) is null`,
  );
  expect(without?.columns).toBe(0);
});
