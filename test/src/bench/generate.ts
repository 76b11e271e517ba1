import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HistoryOptions, history, type Row, readScenario, recordAll, TABLES } from '@overlay/generator';
import { runToEnd, type Stack } from '@overlay/infra';
import mysql from 'mysql2/promise';
import { type Bench, type Benchmark, type Figures, rounded } from './benchmark.ts';

const UNTIL = '2026-01-15T05:00:00Z';
const DAYS = 3;
/** Row changes of a day for each of its sales, all that else happens included. */
const ROWS_PER_SALE = 11;
const ROWS_PER_STATEMENT = 1000;
const SALES_PER_ROUND = 1000;
const WARM_SALES_PER_DAY = 200;

/**
 * A history as the generator writes it, a transaction for each act, beside the bare loop that a user would write: the rows that
 * this history inserts, in INSERTs of 1000 rows over one connection, each awaited and committed by itself, parents before children. Same
 * server, same settings, same tables, one after the other. Rows are row changes: the generator's inserts and updates, the loop's
 * inserts. The generator's time is its own figure, with the making of the history; the loop's statements are made before it begins.
 * Once as the server stands (it waits for its disk at every commit), once without (`sync_binlog` 0, flush at commit 2).
 */
export const generate: Benchmark = {
  name: 'generate',
  what: "the generator's history beside a bare loop of multi-row INSERTs",
  rows: 500_000,
  async run(bench) {
    const stack = await bench.startServers({ servers: ['mysql'] });
    await written(bench, stack, WARM_SALES_PER_DAY, ['--no-disk-waits'], 'warm');
    const salesPerDay = Math.ceil(bench.rows / DAYS / ROWS_PER_SALE);
    const free = await pair(bench, stack, salesPerDay, false);
    const waiting = await pair(bench, stack, salesPerDay, true);
    return {
      rows_per_s: rounded(free.rows_per_s),
      bare_rows_per_s: rounded(free.bare_rows_per_s),
      ratio: rounded(free.rows_per_s / free.bare_rows_per_s),
      disk_rows_per_s: rounded(waiting.rows_per_s),
      disk_bare_rows_per_s: rounded(waiting.bare_rows_per_s),
      disk_ratio: rounded(waiting.rows_per_s / waiting.bare_rows_per_s),
    };
  },
};

async function pair(bench: Bench, stack: Stack, salesPerDay: number, isWaiting: boolean) {
  const name = isWaiting ? 'waiting' : 'free';
  const rows_per_s = await written(bench, stack, salesPerDay, isWaiting ? [] : ['--no-disk-waits'], name);
  const bare_rows_per_s = await bare(bench, stack, salesPerDay, isWaiting, `${name}_bare`);
  bench.tell(`${name}: ${Math.round(rows_per_s)} rows/s, bare loop ${Math.round(bare_rows_per_s)} rows/s`);
  return { rows_per_s, bare_rows_per_s };
}

async function written(
  bench: Bench,
  stack: Stack,
  salesPerDay: number,
  flags: readonly string[],
  database: string,
): Promise<number> {
  const given = ['--days', `${DAYS}`, '--sales-per-day', `${salesPerDay}`, '--until', UNTIL];
  await makeSchema(bench, stack, database);
  const log = join(bench.directory, `${database}.log`);
  await runGenerator(stack, ['history', ...given, ...flags, '--database', database], log);
  const totals = JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '{}') as Figures;
  await dropDatabase(stack, database);
  return Number(totals.rows_per_s);
}

async function bare(
  bench: Bench,
  stack: Stack,
  salesPerDay: number,
  isWaiting: boolean,
  database: string,
): Promise<number> {
  await makeSchema(bench, stack, database);
  const scenario = readScenario(undefined, { days: DAYS, salesPerDay });
  const { statements, rows } = bareStatements({ scenario, until_us: Date.parse(UNTIL) * 1000 });
  const connection = await mysql.createConnection({ uri: `${urlOf(stack)}/${database}` });
  const [sync, flush] = isWaiting ? [1, 1] : [0, 2];
  await connection.query(`SET GLOBAL sync_binlog=${sync}, GLOBAL innodb_flush_log_at_trx_commit=${flush}`);
  const begin_ms = performance.now();
  for (const statement of statements) await connection.query(statement);
  const seconds = (performance.now() - begin_ms) / 1000;
  await connection.query('SET GLOBAL sync_binlog=1, GLOBAL innodb_flush_log_at_trx_commit=1');
  await connection.end();
  await dropDatabase(stack, database);
  return rows / seconds;
}

/** The inserted rows of a history, a thousand sales and what happens between them at a time. */
function bareStatements(options: HistoryOptions): { statements: string[]; rows: number } {
  const statements: string[] = [];
  const waiting = new Map<string, Row[]>(TABLES.map(({ name }) => [name, []]));
  let rows = 0;
  const flush = (): void => {
    for (const { name, columns } of TABLES) {
      const stored = columns.filter(({ product }) => product === undefined).map((column) => column.name);
      const all = waiting.get(name) ?? [];
      for (let from = 0; from < all.length; from += ROWS_PER_STATEMENT) {
        const part = all.slice(from, from + ROWS_PER_STATEMENT);
        const values = part.map((row) => `(${stored.map((column) => mysql.escape(literalOf(row[column]))).join(',')})`);
        statements.push(`INSERT INTO ${name}(${stored.join(',')}) VALUES ${values.join(',')}`);
      }
      waiting.set(name, []);
    }
  };
  for (const transaction of recordAll(history(options))) {
    for (const { table, operation, after } of transaction.rows) {
      if (operation !== 'INSERT' || after === null) continue;
      waiting.get(table)?.push(after);
      rows += 1;
    }
    if ((waiting.get('sales') ?? []).length >= SALES_PER_ROUND) flush();
  }
  flush();
  return { statements, rows };
}

/** Numbers as numbers, a TIMESTAMP as MySQL reads it. */
function literalOf(text: string | null | undefined): string | number | null {
  if (text === null || text === undefined) return null;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\dT.*Z$/.test(text) ? text.slice(0, 19).replace('T', ' ') : text;
}

async function makeSchema(bench: Bench, stack: Stack, database: string): Promise<void> {
  await runGenerator(stack, ['schema', '--database', database], join(bench.directory, 'schema.log'));
}

function runGenerator(stack: Stack, words: readonly string[], log: string): Promise<unknown> {
  return runToEnd({ file: 'generator/src/main.ts', arguments: words, environment: { MYSQL_URL: urlOf(stack) }, log });
}

async function dropDatabase(stack: Stack, database: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: urlOf(stack) });
  await connection.query(`DROP DATABASE ${database}`);
  await connection.end();
}

const urlOf = ({ mysql: { user, password, host, port } }: Stack): string =>
  `mysql://${user}:${password}@${host}:${port}`;
