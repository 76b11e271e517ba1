import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SchemaVersion } from '@overlay/model';
import type { Database } from './database.ts';
import { landSchemaVersions } from './schema-versions.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
});
afterAll(() => scratch?.drop());

const VERSION: SchemaVersion = {
  source: 'shop',
  sequence: 7,
  ordinal: 1,
  kind: 'rename',
  tableId: '0b5f3c4e-5a3b-5c53-9d6e-2f7c4c1d8a90',
  database: 'shop',
  table: 'we`ird "name"',
  version: 3,
  previousDatabase: 'shop',
  previousTable: 'orders',
  columns: [
    {
      name: 'id',
      type: 'ENUM',
      length: 1,
      scale: null,
      labels: ["'\0'", "'ö'"],
      charset: 'utf8mb4',
      isNullable: false,
      hasDefault: true,
      isFilledIn: false,
    },
  ],
  key: ['id'],
  defaults: { id: 'a secret' },
  renamedColumns: { number: 'id' },
  losesRows: false,
  gtid: '11111111-2222-3333-4444-555555555555:9',
  file: 'binlog.000003',
  position: 4711,
  timestamp: '2026-03-04T05:06:07.000008Z',
  statement: 'rename table orders to `we``ird "name"`',
};

test('a version lands once, whatever comes again, and analysts see all of it but defaults', async () => {
  await database.transaction((client) => landSchemaVersions(client, [VERSION, { ...VERSION, ordinal: 2, version: 4 }]));
  await database.transaction((client) => landSchemaVersions(client, [{ ...VERSION, kind: 'drop' }]));
  const seen = await database.query<Record<string, unknown>>(
    'select * from analyst.schema_versions order by change_order',
  );
  expect(seen).toHaveLength(2);
  expect(seen[0]).toMatchObject({
    sequence: '7',
    kind: 'rename',
    table_id: VERSION.tableId,
    schema_version: 'shop.we`ird "name":3',
    previous_table: 'orders',
    primary_key: '["id"]',
    renamed_columns: '{"number":"id"}',
    statement: VERSION.statement,
  });
  const [column] = VERSION.columns;
  // Postgres cannot show a NUL: that word is null, and nothing else is.
  expect(JSON.parse(String(seen[0]?.columns))).toEqual([{ ...column, labels: [null, "'ö'"] }]);
  expect(JSON.stringify(seen)).not.toContain('a secret');
});

test('those who write may add versions, and nobody may change one', async () => {
  const allowed = (role: string, right: string) =>
    database.query<{ may: boolean }>("select has_table_privilege($1, 'audit.schema_versions', $2) as may", [
      role,
      right,
    ]);
  const rights = ['select', 'insert', 'update', 'delete', 'truncate'];
  const of = async (role: string) =>
    (await Promise.all(rights.map((right) => allowed(role, right)))).map(([answer]) => answer?.may);
  expect(await of('audit_writer')).toEqual([true, true, false, false, false]);
  expect(await of('audit_reader')).toEqual([true, false, false, false, false]);
  expect(await of('audit_analyst')).toEqual([false, false, false, false, false]);
});

test('every column of the view says what it is', async () => {
  const [without] = await database.query<{ columns: number }>(
    `select count(*)::int as columns from information_schema.columns where table_schema = 'analyst' and table_name = 'schema_versions'
      and col_description('analyst.schema_versions'::regclass, ordinal_position) is null`,
  );
  expect(without?.columns).toBe(0);
});
