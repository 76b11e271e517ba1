import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { history } from './business.ts';
import { runSchema } from './commands.ts';
import { type Connection, connect, select } from './database.ts';
import { runHistory } from './history-commands.ts';
import { type Row, recordAll } from './recording.ts';
import { asRecorded } from './resume.ts';
import { readScenario } from './scenario-file.ts';
import { TABLES, type Table } from './schema.ts';

const url = process.env.OVERLAY_TEST_MYSQL_URL ?? '';
const database = `generator_${process.pid}_recording`;
/** With everything that happens, so that every kind of statement is compared. */
const eventful = readScenario(join(import.meta.dirname, '..', 'scenarios', 'eventful.yaml'));
const options = {
  scenario: { ...eventful, seed: '11', days: 20, salesPerDay: 200 },
  until_us: Date.UTC(2026, 0, 15, 18) * 1000,
};
let connection: Connection;

beforeAll(async () => {
  connection = await connect(url);
  await runSchema({ url, database });
  const notes = { truth: undefined, acts: undefined, isProgressShown: false };
  await runHistory({ ...options, ...notes, url, database, isWaitingForDisk: true, isResuming: false });
  await connection.query(`USE ${database}; SET time_zone = '+00:00'`);
});

afterAll(async () => {
  await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.end();
});

const keyOf = (table: Table, row: Row) => table.key.map((column) => row[column]).join();

test('the recording, folded, is what MySQL holds: every row of every table, every column', async () => {
  const folded = new Map(TABLES.map((table) => [table.name, new Map<string, Row>()]));
  let changes = 0;
  for (const { rows } of recordAll(history(options))) {
    for (const { table: name, before, after } of rows) {
      const table = TABLES.find((each) => each.name === name);
      const held = folded.get(name);
      if (table === undefined || held === undefined) throw new Error(`no table ${name}`);
      changes += 1;
      if (before !== null) {
        expect(held.get(keyOf(table, before))).toEqual(before);
        held.delete(keyOf(table, before));
      }
      if (after !== null) held.set(keyOf(table, after), after);
    }
  }
  expect(changes).toBeGreaterThan(40_000);
  for (const table of TABLES) {
    const rows = (await select(connection, `SELECT * FROM ${table.name}`)).map((row) => asRecorded(table, row));
    const held = folded.get(table.name) ?? new Map();
    expect(rows.length).toBe(held.size);
    for (const row of rows) expect(row).toEqual(held.get(keyOf(table, row)));
  }
});

test('the schema says the columns and keys that MySQL has', async () => {
  for (const table of TABLES) {
    const columns = await select(
      connection,
      'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position',
      [database, table.name],
    );
    expect(table.columns.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    const keys = await select(
      connection,
      "SELECT column_name AS name FROM information_schema.key_column_usage WHERE table_schema = ? AND table_name = ? AND constraint_name = 'PRIMARY' ORDER BY ordinal_position",
      [database, table.name],
    );
    expect(table.key).toEqual(keys.map(({ name }) => name));
  }
});

test('every foreign key of what was written is there: a history does not have MySQL check them', async () => {
  const keys = await select(
    connection,
    `SELECT table_name AS child, column_name AS foreign_key, referenced_table_name AS parent, referenced_column_name AS parent_key
      FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_name IS NOT NULL`,
    [database],
  );
  expect(keys.length).toBeGreaterThan(10);
  for (const { child, foreign_key, parent, parent_key } of keys) {
    const orphans = await select(
      connection,
      `SELECT child.* FROM ${child} AS child LEFT JOIN ${parent} AS parent ON parent.${parent_key} = child.${foreign_key}
        WHERE child.${foreign_key} IS NOT NULL AND parent.${parent_key} IS NULL LIMIT 1`,
    );
    expect([child, foreign_key, orphans]).toEqual([child, foreign_key, []]);
  }
});
