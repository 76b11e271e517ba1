import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type HistoryOptions,
  history,
  type Recorded,
  type Row,
  readScenario,
  recordAll,
  TABLES,
} from '@overlay/generator';
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
 * A history as the generator writes it, a transaction for each act, beside bare loops that a user would write over one connection: the rows
 * that this history inserts, in INSERTs of 1000 rows, each awaited and committed by itself, parents before children; and the same rows in the
 * transactions that they belong to, an INSERT for each table, a round trip for each transaction. Same server, same settings, same tables, one after the
 * other. Rows are row changes: the generator's inserts and updates, the loops' inserts. The generator's time is its own figure, with the
 * making of the history; the loops' statements are made before they begin. Once as the server stands (it waits for its disk at every
 * commit), once without (`sync_binlog` 0, flush at commit 2).
 */
export const generate: Benchmark = {
  name: 'generate',
  what: "the generator's history beside bare loops of multi-row INSERTs",
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
      bare_acts_rows_per_s: rounded(free.bare_acts_rows_per_s),
      acts_ratio: rounded(free.rows_per_s / free.bare_acts_rows_per_s),
      disk_rows_per_s: rounded(waiting.rows_per_s),
      disk_bare_rows_per_s: rounded(waiting.bare_rows_per_s),
      disk_ratio: rounded(waiting.rows_per_s / waiting.bare_rows_per_s),
      disk_bare_acts_rows_per_s: rounded(waiting.bare_acts_rows_per_s),
      disk_acts_ratio: rounded(waiting.rows_per_s / waiting.bare_acts_rows_per_s),
    };
  },
};

async function pair(bench: Bench, stack: Stack, salesPerDay: number, isWaiting: boolean) {
  const name = isWaiting ? 'waiting' : 'free';
  const rows_per_s = await written(bench, stack, salesPerDay, isWaiting ? [] : ['--no-disk-waits'], name);
  const scenario = readScenario(undefined, { days: DAYS, salesPerDay });
  const options = { scenario, until_us: Date.parse(UNTIL) * 1000 };
  const bare_rows_per_s = await bare(bench, stack, isWaiting, bulkStatements(options));
  const bare_acts_rows_per_s = await bare(bench, stack, isWaiting, actStatements(options));
  const rates = [rows_per_s, bare_rows_per_s, bare_acts_rows_per_s].map(Math.round);
  bench.tell(`${name}: ${rates[0]} rows/s; bare loop ${rates[1]}, a transaction for each act ${rates[2]}`);
  return { rows_per_s, bare_rows_per_s, bare_acts_rows_per_s };
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

interface Loop {
  readonly statements: readonly string[];
  readonly rows: number;
}

/** Rows a second of a loop that sends one text after the other, each when the last is answered. */
async function bare(bench: Bench, stack: Stack, isWaiting: boolean, { statements, rows }: Loop): Promise<number> {
  const database = 'bare';
  await makeSchema(bench, stack, database);
  const connection = await mysql.createConnection({ uri: `${urlOf(stack)}/${database}`, multipleStatements: true });
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

/** What gathered of each table, parents before children, in INSERTs of many rows; nothing is left of it. */
function* flush(gathered: Map<string, Row[]>): Generator<string> {
  for (const { name, columns } of TABLES) {
    const stored = columns.filter(({ product }) => product === undefined).map((column) => column.name);
    const all = gathered.get(name) ?? [];
    for (let from = 0; from < all.length; from += ROWS_PER_STATEMENT) {
      const part = all.slice(from, from + ROWS_PER_STATEMENT);
      const values = part.map((row) => `(${stored.map((column) => mysql.escape(literalOf(row[column]))).join(',')})`);
      yield `INSERT INTO ${name}(${stored.join(',')}) VALUES ${values.join(',')}`;
    }
  }
  gathered.clear();
}

/** Adds the rows that a transaction inserts; gives how many. */
function gather(gathered: Map<string, Row[]>, { rows }: Recorded): number {
  const inserted = rows.flatMap(({ table, operation, after }) =>
    operation === 'INSERT' && after !== null ? [{ table, after }] : [],
  );
  for (const { table, after } of inserted) {
    const known = gathered.get(table);
    if (known) known.push(after);
    else gathered.set(table, [after]);
  }
  return inserted.length;
}

/** The inserted rows of a history, a thousand sales and what happens between them at a time. */
function bulkStatements(options: HistoryOptions): Loop {
  const statements: string[] = [];
  const gathered = new Map<string, Row[]>();
  let rows = 0;
  for (const transaction of recordAll(history(options))) {
    rows += gather(gathered, transaction);
    if ((gathered.get('sales') ?? []).length >= SALES_PER_ROUND) statements.push(...flush(gathered));
  }
  statements.push(...flush(gathered));
  return { statements, rows };
}

/** The same rows, a text for each transaction that inserts some. */
function actStatements(options: HistoryOptions): Loop {
  const statements: string[] = [];
  const gathered = new Map<string, Row[]>();
  let rows = 0;
  for (const transaction of recordAll(history(options))) {
    const inserted = gather(gathered, transaction);
    if (inserted > 0) statements.push(['BEGIN', ...flush(gathered), 'COMMIT'].join(';'));
    rows += inserted;
  }
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
