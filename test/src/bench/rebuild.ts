import { column } from '@overlay/model/testing';
import { Database, migrate } from '@overlay/storage';
import { type Benchmark, rounded } from './benchmark.ts';
import { emptyDatabase } from './recording.ts';

const ROWS_PER_TRANSACTION = 10;
const ASKED_ROWS = 200;

/** A table as of a sequence, its rows one by one, and what plain SQL takes to find the newest change of each key. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  what: 'a table as of a sequence, and single rows of it; beside it a plain DISTINCT ON over the same changes',
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

const GOODS = { id: 'INT', name: 'VARCHAR', price: 'DECIMAL', qty: 'INT' };
/** The server whose transactions filled the log of `goods`. */
export const GOODS_SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

/** A table of so many rows in canonical bodies, then changes of a quarter of them; gives the last sequence. */
export async function fillGoods(database: Database, rows: number): Promise<number> {
  await database.query(
    "select audit.ensure_week(t, date '2026-03-04') from unnest(array['transactions', 'change_events']) t",
  );
  await database.query(
    `insert into audit.schema_versions (source, sequence, ordinal, commit_time, kind, table_id, database_name, table_name, version, definition,
        defaults, loses_rows, binlog_file, binlog_position, statement)
      values ('shop', 1, 1, '2026-03-04Z', 'create', gen_random_uuid(), 'shop', 'goods', 1, $1, '{}', false, 'binlog.000001', 4, 'create')`,
    [
      JSON.stringify({
        columns: Object.entries(GOODS).map(([name, type]) => column(name, type, { isNullable: true })),
        key: ['id'],
        renamedColumns: {},
      }),
    ],
  );
  const changes = rows + rows / 4;
  await database.query(
    `insert into audit.change_events (sequence, commit_time, ordinal, event_id, source, database_name, table_name, operation, body)
      select sequence, '2026-03-04Z', ordinal, event_id, 'shop', 'shop', 'goods', operation, format(
        '{"after":%s,"before":%s,"eventId":"%s","metadata":{"connector":"mysql","file":"binlog.000001","position":%s,"row":%s,"thread":12,"version":"3.6.1.Final"},"operation":"%s","order":%s,"schemaVersion":"shop.goods:1","sequence":%s,"source":{"database":"shop","name":"shop","primaryKey":{"id":"%s"},"table":"goods"},"timestamp":"2026-03-04T00:00:00.000000Z","transactionId":"${GOODS_SERVER}:%s"}',
        new, old, event_id, sequence, ordinal, operation, ordinal, sequence, id, sequence)::json
      from (select 1 + (i - 1) / ${ROWS_PER_TRANSACTION} as sequence, 1 + (i - 1) % ${ROWS_PER_TRANSACTION} as ordinal, gen_random_uuid() as event_id, id,
          case when i <= $1 then 'INSERT' when i % 10 = 0 then 'DELETE' else 'UPDATE' end as operation,
          case when i <= $1 then 'null' else image end as old, case when i > $1 and i % 10 = 0 then 'null' else image end as new
        from (select i, id, format('{"id":"%s","name":"product %s in a box","price":"%s.50","qty":"%s"}', id, id, i % 90, i % 1000) as image
          from (select i, case when i <= $1 then i else 1 + (i::bigint * 7919) % $1 end as id from generate_series(1, $2::integer) i) ids) images) written`,
    [rows, changes],
  );
  await database.query(
    `insert into audit.transactions (sequence, commit_time, item_count, source, kind, transaction_id)
      select s, '2026-03-04Z', ${ROWS_PER_TRANSACTION}, 'shop', 'transaction', '${GOODS_SERVER}:' || s from generate_series(1, $1::integer) s`,
    [Math.ceil(changes / ROWS_PER_TRANSACTION)],
  );
  return Math.ceil(changes / ROWS_PER_TRANSACTION);
}
