import { reconcile as compare, type Reconciliation } from '@overlay/reconcile';
import { Database, migrate } from '@overlay/storage';
import type { RowDataPacket } from 'mysql2';
import mysql from 'mysql2/promise';
import { type Bench, type Benchmark, rounded } from './benchmark.ts';
import { fillGoods, GOODS_SERVER } from './goods.ts';
import { emptyDatabase } from './recording.ts';

const INSERTED_AT_ONCE = 5000;
const ONE_BY_ONE_ROWS = 2000;

/** A live table and its log, equal and with one row changed; beside it a loop that asks the log for each row of the source. */
export const reconcile: Benchmark = {
  name: 'reconcile',
  what: 'a live table compared with its log, without a bound on the rate; beside it a loop that asks the log for row after row',
  rows: 1_000_000,
  async run(bench) {
    const stack = await bench.startServers({ servers: ['mysql', 'postgres'] });
    const { host, port, user, password } = stack.mysql;
    const source = await mysql.createConnection({ host, port, user, password, dateStrings: true });
    bench.onEnd(() => source.end());
    const database = new Database(await emptyDatabase(stack, 'compared'), 4);
    bench.onEnd(() => database.close());
    await migrate(database);
    const sequences = await fillGoods(database, bench.rows);
    await database.query('vacuum analyze');
    const rows = await copyToSource(database, source, sequences);
    bench.tell(`filled: ${rows} rows, in the log by ${Math.round(bench.rows * 1.25)} changes`);
    const ask = {
      database,
      source: 'shop',
      sourceUrl: `mysql://${user}:${password}@${host}:${port}/shop`,
      readers: 2,
      rows_per_s_max: Number.POSITIVE_INFINITY,
      wait_s_max: 1,
    };
    const equal = await compare(ask);
    expectDifferences(equal, 0);
    bench.tell(`equal in ${equal.seconds.toFixed(1)} s`);
    await source.query('update shop.goods set qty = qty + 1 order by id limit 1');
    await markLanded(database, source);
    const differing = await compare(ask);
    expectDifferences(differing, 1);
    const loopRows_per_s = await askOneByOne(bench, database, source, sequences);
    const rows_per_s = rows / equal.seconds;
    return {
      rows,
      seconds: rounded(equal.seconds),
      rows_per_s: rounded(rows_per_s),
      locked_ms: equal.locked_ms,
      with_a_difference_s: rounded(differing.seconds),
      one_by_one_rows_per_s: rounded(loopRows_per_s),
      ratio: rounded(rows_per_s / loopRows_per_s),
      memory_mb_max: rounded(process.resourceUsage().maxRSS / 1024),
    };
  },
};

function expectDifferences({ tables }: Reconciliation, count: number): void {
  const found = tables.reduce((sum, { differences }) => sum + differences, 0);
  if (tables.length !== 1 || found !== count)
    throw new Error(`${found} differences in place of ${count}: ${JSON.stringify(tables).slice(0, 500)}`);
}

/** Makes the table as the log has it; gives its rows. */
async function copyToSource(database: Database, source: mysql.Connection, sequences: number): Promise<number> {
  await source.query('create database shop');
  await source.query('create table shop.goods (id int primary key, name varchar(60), price decimal(10,2), qty int)');
  let rows = 0;
  const pages = database.pages<{ row: Readonly<Record<string, string>> }>(
    `select "row" from analyst.as_of('goods', '${sequences}')`,
    INSERTED_AT_ONCE,
  );
  for await (const page of pages) {
    const values = page.map(({ row: { id, name, price, qty } }) => [id, name, price, qty]);
    if (values.length > 0) await source.query('insert into shop.goods values ?', [values]);
    rows += values.length;
  }
  await source.query(`set global gtid_purged = '+${GOODS_SERVER}:1-${sequences}'`);
  await database.query(
    "insert into audit.heads (stage, source, revision, landed, published) values ('normalizer', 'shop', 1, $1, $1)",
    [sequences],
  );
  await markLanded(database, source);
  return rows;
}

/** Whatever the source did stands as landed. */
async function markLanded(database: Database, source: mysql.Connection): Promise<void> {
  const [[row]] = await source.query<RowDataPacket[]>('select @@global.gtid_executed as gtids');
  await database.query('update audit.heads set gtids = $1', [String(row?.gtids).replaceAll(/\s/g, '')]);
}

/** What somebody would write first: for each row of the source, ask the log what it is. Gives rows a second, of some of them. */
async function askOneByOne(
  bench: Bench,
  database: Database,
  source: mysql.Connection,
  sequences: number,
): Promise<number> {
  const [rows] = await source.query<RowDataPacket[]>(
    'select cast(id as char) as id, name, cast(price as char) as price, cast(qty as char) as qty from shop.goods order by id limit ?',
    [ONE_BY_ONE_ROWS],
  );
  const begun = performance.now();
  let equal = 0;
  for (const { id, name, price, qty } of rows) {
    const [found] = await database.query<{ row: Readonly<Record<string, string>> }>(
      'select "row" from analyst.as_of($1, $2, $3)',
      ['goods', String(sequences), JSON.stringify({ id })],
    );
    const row = found?.row;
    if (row && row.name === name && row.price === price && row.qty === qty) equal++;
  }
  bench.tell(`${equal} of ${rows.length} equal, one by one`);
  return (rows.length * 1000) / (performance.now() - begun);
}
