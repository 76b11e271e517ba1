import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { history } from './business.ts';
import { runLive, runSchema } from './commands.ts';
import { type Connection, connect, select } from './database.ts';
import { type HistoryCommand, runHistory } from './history-commands.ts';
import { TABLES } from './schema.ts';
import { optionsOf } from './testing/small.ts';
import type { Truth } from './truth.ts';
import { cellOf } from './world.ts';
import { writeAll } from './writer.ts';

const url = process.env.OVERLAY_TEST_MYSQL_URL ?? '';
const names = ['one', 'two', 'three'].map((name) => `generator_${process.pid}_${name}`);
const [one = '', two = '', three = ''] = names;
const { scenario } = optionsOf(0, { seed: '7', days: 2, salesPerDay: 100 });
const folder = mkdtempSync(join(tmpdir(), 'generator-'));
const until_us = Date.UTC(2026, 0, 15, 18) * 1000;
let connection: Connection;

const command = (database: string): HistoryCommand => ({
  ...optionsOf(until_us, { seed: '7', days: 2, salesPerDay: 100 }),
  ...{ url, database, isWaitingForDisk: true, isResuming: false, isProgressShown: false },
  truth: join(folder, `${database}.jsonl`),
  acts: join(folder, `${database}-acts.jsonl`),
});

const truths = (path: string): Truth[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Truth);

beforeAll(async () => {
  connection = await connect(url);
  for (const database of names) await runSchema({ url, database });
  await runHistory(command(one));
  await runHistory({ ...command(two), isWaitingForDisk: false });
});

afterAll(async () => {
  for (const database of names) await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.end();
  rmSync(folder, { recursive: true });
});

test('schema creates what is missing and then nothing', async () => {
  expect(await runSchema({ url, database: one })).toEqual({ database: one, created: [] });
  await connection.query(`DROP TABLE ${three}.sale_items`);
  expect(await runSchema({ url, database: three })).toEqual({ database: three, created: ['sale_items'] });
});

test('the same seed and options leave the same rows in every table, stamps included', async () => {
  for (const { name } of TABLES) {
    const [a, b] = await select(connection, `CHECKSUM TABLE ${one}.${name}, ${two}.${name} EXTENDED`);
    expect(a?.Checksum).toBe(b?.Checksum);
    expect(a?.Checksum).not.toBe(0);
  }
  expect(truths(join(folder, `${one}.jsonl`))).toEqual(truths(join(folder, `${two}.jsonl`)));
});

test('the shelves hold what the generator remembers, and stamps follow the simulated clock', async () => {
  const run = history(command(one));
  let step = run.next();
  while (!step.done) step = run.next();
  const world = step.value;
  for (const row of await select(connection, `SELECT * FROM ${one}.inventory`)) {
    const [branch, product] = [Number(row.branch_id) - 1, Number(row.product_id) - 1];
    expect(row.quantity_on_hand).toBe(world.stock[cellOf(world, branch, product)]);
  }
  const [stamps] = await select(connection, `SELECT MAX(UNIX_TIMESTAMP(updated_at)) AS newest FROM ${one}.users`);
  expect(Number(stamps?.newest)).toBeLessThanOrEqual(until_us / 1_000_000);
  const [wrong] = await select(
    connection,
    `SELECT COUNT(*) AS sales FROM ${one}.sales JOIN
      (SELECT sale_id, SUM(line_total) AS total FROM ${one}.sale_items GROUP BY sale_id) AS items USING (sale_id)
      WHERE total <> total_amount`,
  );
  expect(wrong?.sales).toBe(0);
});

test('after a history the session has its own clock again, and the server waits for its disk', async () => {
  const [first] = history(command(three));
  if (first === undefined) throw new Error('an empty history');
  await connection.changeUser({ database: three });
  await writeAll(connection, [first], () => undefined);
  const [session] = await select(
    connection,
    `SELECT @@SESSION.original_commit_timestamp AS commit, @@sync_binlog AS sync, @@foreign_key_checks AS foreign_keys,
      ABS(UNIX_TIMESTAMP(NOW()) - UNIX_TIMESTAMP(SYSDATE())) < 5 AS is_now`,
  );
  expect(session).toEqual({ commit: 36028797018963968, sync: 1, foreign_keys: 1, is_now: 1 });
  await connection.query('DELETE FROM roles');
});

test('every truth can be found in the tables', async () => {
  for (const truth of truths(join(folder, `${one}.jsonl`))) {
    for (const keys of truth.transactions) {
      const found =
        truth.family === 'user'
          ? await select(connection, `SELECT 1 FROM ${one}.users WHERE user_id = ${keys.user_id}`)
          : await select(connection, `SELECT 1 FROM ${one}.inventory_adjustments WHERE adjust_id = ${keys.adjust_id}`);
      expect(found).toHaveLength(1);
    }
  }
});

test('a history refuses a database that has rows, or no tables', async () => {
  await expect(runHistory(command(one))).rejects.toThrow('is not empty');
  await expect(runHistory(command('generator_nowhere'))).rejects.toThrow('run `schema` first');
});

test('live goes on from the tables and can be stopped between two transactions', async () => {
  const truth = join(folder, 'live.jsonl');
  const live = {
    url,
    database: one,
    scenario,
    rate: 2000,
    troubleEvery: 200,
    truth,
    acts: undefined,
    isProgressShown: false,
  };
  const limits = { duration_s: undefined, transactionsMax: 220 };
  const totals = await runLive({ ...live, ...limits }, new AbortController().signal);
  expect(totals).toMatchObject({ transactions: 220 });
  expect(new Set(truths(truth).map(({ kind }) => kind)).size).toBe(3);
  const [lowest] = await select(connection, `SELECT MIN(quantity_on_hand) AS units FROM ${one}.inventory`);
  expect(Number(lowest?.units)).toBeGreaterThanOrEqual(0);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const endless = { duration_s: undefined, transactionsMax: undefined };
  expect(await runLive({ ...live, ...endless, rate: 50 }, stop.signal)).toHaveProperty('transactions');
});

test('live needs a history', async () => {
  const live = {
    url,
    database: three,
    scenario,
    rate: 1,
    troubleEvery: 0,
    truth: undefined,
    acts: undefined,
    isProgressShown: false,
  };
  const limits = { duration_s: 1, transactionsMax: 1 };
  await expect(runLive({ ...live, ...limits }, new AbortController().signal)).rejects.toThrow('run `history` first');
});
