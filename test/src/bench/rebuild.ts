import { Database, migrate } from '@overlay/storage';
import { type Benchmark, rounded } from './benchmark.ts';
import { fillGoods } from './goods.ts';
import { measureStates } from './kept-states.ts';
import { emptyDatabase } from './recording.ts';

const ASKED_ROWS = 200;

/** A table as of a sequence, its rows one by one, and what plain SQL takes to find the newest change of each key. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  what: 'a table as of a sequence, and single rows of it, beside a plain DISTINCT ON over the same changes; then the same rows of a longer history, with kept states and without',
  rows: 1_000_000,
  async run(bench) {
    const stack = await bench.startServers({ servers: ['postgres'] });
    const database = new Database(await emptyDatabase(stack, 'rebuilt'), 1);
    bench.onEnd(() => database.close());
    await migrate(database);
    const sequences = await fillGoods(database, bench.rows);
    await database.query('vacuum analyze');
    bench.tell('filled');
    const asOf = () => timed(database, 'select count(*) as n from analyst.as_of($1, $2)', ['goods', String(sequences)]);
    const plain = () =>
      timed(
        database,
        `select count(*) as n from (select distinct on (id) * from (
            select body #>> '{source,primaryKey,id}' as id, sequence, ordinal, body -> 'after' as "row"
            from audit.change_events where table_name = 'goods' and sequence <= $1) e
          order by id, sequence desc, ordinal desc) newest where "row"::text <> 'null'`,
        [sequences],
      );
    await asOf(); // warm
    const [rebuilt, peer] = [await asOf(), await plain()];
    if (rebuilt.rows !== peer.rows)
      throw new Error(`${rebuilt.rows} rows as of the end, and ${peer.rows} by DISTINCT ON`);
    const keyOf = (at: number) => JSON.stringify({ id: String(1 + ((at * 7919) % bench.rows)) });
    const rowMs = await median((at) =>
      timed(database, 'select count(*) as n from analyst.as_of($1, $2, $3)', ['goods', String(sequences), keyOf(at)]),
    );
    const historyMs = await median((at) =>
      timed(database, 'select count(*) as n from analyst.history($1, $2)', ['goods', keyOf(at)]),
    );
    return {
      rows: rebuilt.rows,
      rows_per_s: rounded((rebuilt.rows * 1000) / rebuilt.ms),
      distinct_on_rows_per_s: rounded((peer.rows * 1000) / peer.ms),
      ratio: rounded(peer.ms / rebuilt.ms),
      row_as_of_ms: rounded(rowMs),
      row_history_ms: rounded(historyMs),
      ...(await measureStates(bench, stack)),
    };
  },
};

async function timed(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<{ rows: number; ms: number }> {
  const begin = performance.now();
  const [row] = await database.query<{ n: string }>(text, values);
  return { rows: Number(row?.n ?? 0), ms: performance.now() - begin };
}

async function median(ask: (at: number) => Promise<{ readonly ms: number }>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < ASKED_ROWS; at++) times.push((await ask(at)).ms);
  return times.sort((a, b) => a - b)[ASKED_ROWS / 2] ?? 0;
}
