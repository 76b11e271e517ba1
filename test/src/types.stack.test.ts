import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RowDataPacket } from 'mysql2';
import type mysql from 'mysql2/promise';
import { reconciled } from './kit/auditctl.ts';
import {
  ALIASED,
  connectSource,
  expectNoneRefused,
  expectSameRows,
  makeTypesSource,
  ORIGINAL,
  rowsOfLog,
  untilMarked,
  writeAliases,
  writeBack,
  writeHistory,
} from './kit/types-history.ts';
import { makeWorld, type World } from './kit/world.ts';

const ROWS = Number(process.env.OVERLAY_ROWS ?? 10_000);
const SNAPSHOT_ROWS = 500;
const ALIASED_ROWS = 500;
const SEED = Number(process.env.OVERLAY_SEED ?? Date.now() % 1_000_000);

let world: World;
let source: mysql.Connection;

beforeAll(async () => {
  process.stdout.write(`types: OVERLAY_SEED=${SEED}\n`);
  world = await makeWorld({
    name: 'types',
    makeSource: (url, database) => makeTypesSource(url, database, SEED, SNAPSHOT_ROWS),
  });
  source = await connectSource(world.mysqlUrl);
}, 120_000);
afterAll(async () => {
  await source?.end();
  await world?.close();
});

test('every value of every type is in the log as MySQL has it, and written back it is the same again', async () => {
  world.pipeline.start('normalizer');
  await untilMarked(source, world.record, world.name, 1);
  await writeHistory(source, SEED, SNAPSHOT_ROWS + 1, ROWS);
  await writeAliases(source, SEED, ALIASED_ROWS);
  await untilMarked(source, world.record, world.name, 2);
  await expectNoneRefused(world.record);
  await expectSameRows(await rowsOfLog(world.record, world.name, ALIASED), source, ALIASED);

  const rows = await rowsOfLog(world.record, world.name);
  await expectSameRows(rows, source);
  await writeBack(rows, source, 'copied');
  await expectSameRows(rows, source, { ...ORIGINAL, table: 'copied' });
  const [sums] = await source.query<RowDataPacket[]>('checksum table original, copied');
  expect(sums[0]?.Checksum).toBe(sums[1]?.Checksum);
}, 600_000);

test('asked by reconcile, MySQL says the same of every value, but for those of which the log says that it does not know', async () => {
  const { tables } = (await reconciled(world)).result;
  const differing = tables.flatMap(({ table, listed }) => listed.slice(0, 3).map((one) => ({ table, ...one })));
  expect(differing).toEqual([]);
  const verdicts = Object.fromEntries(tables.map(({ table, verdict }) => [table, verdict]));
  expect(verdicts).toEqual({ aliased: 'equal', marks: 'equal', original: 'equal', copied: 'not_compared' });
  const doubted = tables.find(({ table }) => table === 'original')?.notCompared ?? [];
  expect(doubted.every(({ column, rows }) => /single|float/.test(column) && Number(rows) <= SNAPSHOT_ROWS)).toBe(true);
}, 120_000);

test('an analyst sees every row, and is told of those with text that Postgres cannot show', async () => {
  const [counted] = await world.record.query<{ rows: string; told: string; hidden: string }>(
    `select count(row_after::json) as rows, count(*) filter (where has_unshowable_text) as told,
      count(*) filter (where strpos(row_after, '"latin1":null') > 0 and has_unshowable_text) as hidden
      from analyst.change_events where table_name = 'original' and operation <> 'DELETE'`,
  );
  expect(Number(counted?.rows)).toBeGreaterThan(ROWS);
  expect(Number(counted?.told)).toBeGreaterThan(ROWS / 10);
  expect(Number(counted?.hidden)).toBeGreaterThan(0);
}, 60_000);
