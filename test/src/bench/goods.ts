import { column } from '@overlay/model/testing';
import type { Database } from '@overlay/storage';

const ROWS_PER_TRANSACTION = 10;
const GOODS = { id: 'INT', name: 'VARCHAR', price: 'DECIMAL', qty: 'INT' };
/** The server whose transactions filled the log of `goods`. */
export const GOODS_SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

/** A table of so many rows in canonical bodies, then changes of a quarter of them; gives the last sequence. */
export async function fillGoods(database: Database, rows: number): Promise<number> {
  await defineGoods(database);
  return landGoods(database, {
    after: 0,
    day: '2026-03-04',
    changes: `select i, case when i <= ${rows} then i else 1 + (i::bigint * 7919) % ${rows} end as id,
        case when i <= ${rows} then 'INSERT' when i % 10 = 0 then 'DELETE' else 'UPDATE' end as operation
      from generate_series(1, ${rows + rows / 4}) i`,
  });
}

export async function defineGoods(database: Database): Promise<void> {
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
}

interface Landing {
  /** The last sequence before. */
  readonly after: number;
  /** When all of it committed. */
  readonly day: string;
  /** SQL of changes: `i` from 1 on, `id`, `operation`. */
  readonly changes: string;
}

/** Lands changes of goods, ten to a transaction; gives the last sequence. */
export async function landGoods(database: Database, { after, day, changes }: Landing): Promise<number> {
  await database.query(
    `select audit.ensure_week(t, date '${day}') from unnest(array['transactions', 'change_events']) t`,
  );
  await database.query(
    `insert into audit.change_events (sequence, commit_time, ordinal, event_id, source, database_name, table_name, operation, body)
      select sequence, '${day}Z', ordinal, event_id, 'shop', 'shop', 'goods', operation, format(
        '{"after":%s,"before":%s,"eventId":"%s","metadata":{"connector":"mysql","file":"binlog.000001","position":%s,"row":%s,"thread":12,"version":"3.6.1.Final"},"operation":"%s","order":%s,"schemaVersion":"shop.goods:1","sequence":%s,"source":{"database":"shop","name":"shop","primaryKey":{"id":"%s"},"table":"goods"},"timestamp":"${day}T00:00:00.000000Z","transactionId":"${GOODS_SERVER}:%s"}',
        case operation when 'DELETE' then 'null' else image end, case operation when 'INSERT' then 'null' else image end,
        event_id, sequence, ordinal, operation, ordinal, sequence, id, sequence)::json
      from (select ${after + 1} + (i - 1) / ${ROWS_PER_TRANSACTION} as sequence, 1 + (i - 1) % ${ROWS_PER_TRANSACTION} as ordinal, gen_random_uuid() as event_id, id, operation,
          format('{"id":"%s","name":"product %s in a box","price":"%s.50","qty":"%s"}', id, id, i % 90, i % 1000) as image
        from (${changes}) changes) written`,
  );
  await database.query(
    `insert into audit.transactions (sequence, commit_time, item_count, source, kind, transaction_id)
      select sequence, commit_time, count(*), source, 'transaction', '${GOODS_SERVER}:' || sequence from audit.change_events
      where source = 'shop' and sequence > $1 group by sequence, commit_time, source`,
    [after],
  );
  const [last] = await database.query<{ sequence: string }>('select max(sequence) as sequence from audit.transactions');
  return Number(last?.sequence ?? 0);
}
