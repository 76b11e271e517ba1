import type { Stack } from '@overlay/infra';
import { Database, migrate, readFoldedRows, readTablesAt } from '@overlay/storage';
import { type Bench, type Figures, rounded } from './benchmark.ts';
import { defineGoods, landGoods } from './goods.ts';
import { emptyDatabase } from './recording.ts';

const WEEK_MS = 7 * 86_400_000;
const FIRST_WEEK_MS = Date.UTC(2026, 2, 4);
/** Weeks behind the first, in each of which there are as many changes as rows. */
const WEEKS = { short: 1, long: 7 };

/**
 * The same rows of a history and of one that is four times as long, every week as many changes as there are rows: as of the end without a state and with one that was kept
 * when a tenth of the rows was still to be changed.
 */
export async function measureStates(bench: Bench, stack: Stack): Promise<Figures> {
  const database = new Database(await emptyDatabase(stack, 'states'), 1);
  bench.onEnd(() => database.close());
  await migrate(database);
  await defineGoods(database);
  const rows = bench.rows / 5;
  let week = 0;
  let last = 0;
  let changes = 0;
  const land = async (count: number, change: string): Promise<void> => {
    changes += count;
    const day = new Date(FIRST_WEEK_MS + week++ * WEEK_MS).toISOString().slice(0, 10);
    last = await landGoods(database, {
      after: last,
      day,
      changes: `select i, ${change} from generate_series(1, ${count}) i`,
    });
  };
  const update = (count: number) =>
    land(
      count,
      `1 + (hashint8(i::bigint * 1000 + ${week})::bigint + 2147483648) % ${rows} as id, 'UPDATE' as operation`,
    );
  await land(rows, `i as id, 'INSERT' as operation`);
  const figures: Record<string, number> = { state_rows: rows };
  for (const [name, weeks] of Object.entries(WEEKS)) {
    while (changes < rows * (weeks + 1)) await update(rows);
    const keptAt = last;
    await update(rows / 10);
    await database.query('vacuum analyze');
    figures[`${name}_changes`] = changes;
    figures[`${name}_s`] = await seconds(() => readRows(database, last, rows));
    figures[`${name}_folded_s`] = await seconds(() => foldRows(database, last, rows));
    figures[`${name}_keeping_s`] = await seconds(() =>
      database.query(`select audit.keep_row_state('shop', 'shop', 'goods', $1)`, [keptAt]),
    );
    figures[`${name}_kept_s`] = await seconds(() => readRows(database, last, rows));
    figures[`${name}_kept_folded_s`] = await seconds(() => foldRows(database, last, rows));
    const [size] = await database.query<{ bytes: string }>(
      `select pg_total_relation_size('audit.row_state_pointers') as bytes`,
    );
    figures.state_bytes_per_row = rounded(Number(size?.bytes ?? 0) / rows);
    bench.tell(`${name} history: ${JSON.stringify(figures)}`);
    await database.query('delete from audit.row_states');
    await database.query('vacuum full audit.row_state_pointers');
  }
  return figures;
}

async function readRows(database: Database, at: number, rows: number): Promise<void> {
  const [found] = await database.query<{ n: string }>('select count(*) as n from analyst.as_of($1, $2)', [
    'goods',
    String(at),
  ]);
  if (Number(found?.n) !== rows) throw new Error(`${found?.n} rows as of sequence ${at}, not ${rows}`);
}

async function foldRows(database: Database, at: number, rows: number): Promise<void> {
  let found = 0;
  for (const table of await readTablesAt(database, 'shop', at))
    for await (const page of readFoldedRows(database, table, at)) found += page.length;
  if (found !== rows) throw new Error(`${found} rows are folded at sequence ${at}, not ${rows}`);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return rounded((performance.now() - begin) / 1000);
}
