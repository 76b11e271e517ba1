import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from './database.ts';

const owner = process.env.OVERLAY_TEST_POSTGRES_URL ?? '';
const BUSY_MS = 6000;
let database: Database;

beforeAll(() => {
  database = new Database(owner, 1);
});
afterAll(() => database.close());

test('whoever finds no connection free waits for one, and the database is known to be there meanwhile', async () => {
  const landing = database.transaction(async (client) => {
    await client.query('select pg_sleep($1)', [BUSY_MS / 1000]);
  });
  await sleep(100);
  const began = Date.now();
  const waiting = database.query<{ n: number }>('select 1 as n');
  await database.ping();
  expect(Date.now() - began).toBeLessThan(BUSY_MS / 2);
  expect(await waiting).toEqual([{ n: 1 }]);
  expect(Date.now() - began).toBeGreaterThan(BUSY_MS / 2);
  await landing;
});

test('a database that is not there is said to be away at once, by the ping and by whoever asks for a connection', async () => {
  const away = new Database('postgres://nobody@127.0.0.1:1/nothing', 1);
  const code = 'postgres.unreachable';
  await expect(away.ping()).rejects.toMatchObject({ code });
  await expect(away.query('select')).rejects.toMatchObject({ code });
  await away.close();
});
