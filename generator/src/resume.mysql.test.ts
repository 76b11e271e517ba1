import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { history } from './business.ts';
import { runSchema } from './commands.ts';
import { type Connection, connect, select } from './database.ts';
import { type HistoryCommand, runHistory } from './history-commands.ts';
import { recordAll } from './recording.ts';
import { findProgress } from './resume.ts';
import { readScenario } from './scenario-file.ts';
import { TABLES } from './schema.ts';
import { writeAll } from './writer.ts';

const url = process.env.OVERLAY_TEST_MYSQL_URL ?? '';
const names = ['whole', 'killed', 'pieces'].map((name) => `generator_${process.pid}_${name}`);
const [whole = '', killed = '', pieces = ''] = names;
const folder = mkdtempSync(join(tmpdir(), 'generator-resume-'));
const scenarioFile = join(import.meta.dirname, '..', 'scenarios', 'eventful.yaml');
const until = '2026-01-15T18:00:00Z';
const dials = { seed: '7', days: 4, salesPerDay: 300 };
const options = { scenario: readScenario(scenarioFile, dials), until_us: Date.parse(until) * 1000 };
let connection: Connection;

const command = (database: string, isResuming: boolean): HistoryCommand => ({
  ...options,
  ...{ url, database, isWaitingForDisk: true, isResuming, isProgressShown: false },
  truth: join(folder, `${database}-truth.jsonl`),
  acts: join(folder, `${database}-acts.jsonl`),
});

beforeAll(async () => {
  connection = await connect(url);
  for (const database of names) await runSchema({ url, database });
  await runHistory(command(whole, false));
});

afterAll(async () => {
  for (const database of names) await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.end();
  rmSync(folder, { recursive: true });
});

async function expectTheSame(database: string): Promise<void> {
  for (const { name } of TABLES) {
    const [a, b] = await select(connection, `CHECKSUM TABLE ${whole}.${name}, ${database}.${name} EXTENDED`);
    expect([name, b?.Checksum]).toEqual([name, a?.Checksum]);
  }
}

/** The program itself, killed once it has sold something. */
async function startAndKill(database: string): Promise<void> {
  const program = join(import.meta.dirname, 'main.ts');
  const words = [
    'history',
    '--database',
    database,
    '--scenario',
    scenarioFile,
    '--until',
    until,
    '--truth',
    command(database, false).truth,
  ];
  const given = ['--seed', dials.seed, '--days', `${dials.days}`, '--sales-per-day', `${dials.salesPerDay}`];
  const child = spawn(process.execPath, ['-C', '@overlay/source', program, ...words.map(String), ...given], {
    env: { ...process.env, MYSQL_URL: url },
    stdio: 'inherit',
  });
  const ended = once(child, 'exit');
  for (let sales = 0; sales < 100 && child.exitCode === null; ) {
    const [row] = await select(connection, `SELECT COUNT(*) AS sales FROM ${database}.sales`);
    sales = Number(row?.sales);
  }
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

test('a history that was killed goes on where it stopped: the same rows, truth and acts', async () => {
  await startAndKill(killed);
  const [cut] = await select(connection, `SELECT COUNT(*) AS sales FROM ${killed}.sales`);
  const totals = await runHistory(command(killed, true));
  expect(totals).toHaveProperty('resumed_after');
  const [all] = await select(connection, `SELECT COUNT(*) AS sales FROM ${killed}.sales`);
  expect(Number(cut?.sales)).toBeLessThan(Number(all?.sales));
  await expectTheSame(killed);
  for (const file of ['truth', 'acts'] as const) {
    const [a, b] = [whole, killed].map((database) => readFileSync(String(command(database, true)[file]), 'utf8'));
    expect(b).toBe(a);
  }
});

test('wherever it stopped, its place is found', async () => {
  await connection.changeUser({ database: pieces });
  const transactions = [...history(options)];
  const sizes = [1, 3, 4, 30, 31, 200, 201, 202, 203, 204, 205, 700, 701, 702, 1000];
  let done = 0;
  for (const size of [...sizes, transactions.length]) {
    await writeAll(connection, transactions.slice(done, size), () => undefined);
    done = size;
    expect(await findProgress(connection, recordAll(history(options)))).toBe(size);
  }
  await expectTheSame(pieces);
});

test('a database of another history is refused', async () => {
  await connection.changeUser({ database: pieces });
  const other = { ...options, scenario: { ...options.scenario, seed: '8' } };
  await expect(findProgress(connection, recordAll(history(other)))).rejects.toThrow(
    'something else than the beginning',
  );
});
