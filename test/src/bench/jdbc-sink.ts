import { avroConverter, runConnector, type Stack } from '@overlay/infra';
import { Database } from '@overlay/storage';
import type { Bench } from './benchmark.ts';
import { type Capture, deleteConnector, refuseFailed } from './capture.ts';
import { cpuSeconds } from './processes.ts';
import { dropDatabase, emptyDatabase } from './recording.ts';
import { type Sample, sampleUntilDone } from './samples.ts';

const DATABASE = 'sink';
/** What rows go through on the way to the sink, and the settings of a connector for it. JSON without schemas does not work for a sink. */
export const SINK_FORMATS = {
  avro: (stack: Stack) => avroConverter(stack.registry.url),
  json: () => ({ 'key.converter.schemas.enable': 'true', 'value.converter.schemas.enable': 'true' }),
} as const;
export type SinkFormat = keyof typeof SINK_FORMATS;

/**
 * The sink at its fastest, as tried: every event an insert into a table without a key, as many rows as it takes to a batch, which the driver
 * makes statements of many rows of (its URL says so). Arrays for columns (`unnest`) are no faster, and refuse Debezium's times. An upsert,
 * which is what the sink is for, costs an index and a look into it.
 */
const FASTEST = {
  'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
  'tasks.max': '1',
  'insert.mode': 'insert',
  'primary.key.mode': 'none',
  'schema.evolution': 'basic',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the sink fills it in, with the table of each event
  'collection.name.format': '${source.table}',
  'batch.size': '10000',
  'consumer.override.max.poll.records': '10000',
  'consumer.override.fetch.max.bytes': '16777216',
  'consumer.override.max.partition.fetch.bytes': '16777216',
};

const JSON_CONVERTERS = {
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
};

/** Lets Debezium's JDBC sink write all rows of a captured topic into an empty database, whose tables it makes. Gives how far it was when. */
export async function sampleSink(
  bench: Bench,
  stack: Stack,
  { topic }: Capture,
  { rows, format }: { readonly rows: number; readonly format: SinkFormat },
): Promise<readonly Sample[]> {
  const url = new URL(await emptyDatabase(stack, DATABASE));
  const database = new Database(url.href, 1);
  bench.onEnd(() => database.close());
  await runConnector(stack.connect.url, DATABASE, {
    ...FASTEST,
    ...(format === 'json' && JSON_CONVERTERS),
    ...SINK_FORMATS[format](stack),
    topics: topic,
    'connection.url': `jdbc:postgresql://${url.host}${url.pathname}?reWriteBatchedInserts=true`,
    'connection.username': url.username,
    'connection.password': url.password,
  });
  const count = makeCount(database, rows);
  const samples = await sampleUntilDone({
    async rows() {
      await refuseFailed(stack, DATABASE);
      return count();
    },
    cpu: () => ({
      service: cpuSeconds(stack.pid('connect')),
      postgres: cpuSeconds(stack.pid('postgres')),
      kafka: cpuSeconds(stack.pid('kafka')),
    }),
    isDone: (written) => written >= rows,
    every_ms: 500,
    stall_ms_max: 60_000,
    tell: (text) => bench.tell(`sink: ${text}`),
  });
  await deleteConnector(stack, DATABASE);
  await dropDatabase(stack, DATABASE);
  return samples;
}

/** Statistics come once a second: no change for longer may mean that it stands, or that the last ones are late. */
const STILL_MS = 1500;

/**
 * Counts the rows of all tables: exactly where the stretch may begin (a twentieth) or end (the last ones, or a standstill); in between by statistics,
 * which cost nothing and are up to a second old.
 */
function makeCount(database: Database, rows: number): () => Promise<number> {
  let [last, moved_ms, isBegun] = [0, 0, false];
  return async () => {
    const tables = await database.query<{ name: string; count: string }>(
      'select quote_ident(relname) as name, n_tup_ins as count from pg_stat_user_tables',
    );
    const about = tables.reduce((sum, { count }) => sum + Number(count), 0);
    const now_ms = performance.now();
    if (about !== last) [last, moved_ms] = [about, now_ms];
    const isBegin = !isBegun && about >= rows / 20;
    const isEnd = about > rows * 0.97 || now_ms - moved_ms > STILL_MS;
    if (tables.length === 0 || !(isBegin || isEnd)) return isBegun ? about : 0;
    if (isBegin) isBegun = true;
    const counts = tables.map(({ name }) => `(select count(*) from ${name})`).join(' + ');
    const [exact] = await database.query<{ count: string }>(`select ${counts} as count`);
    return Number(exact?.count ?? 0);
  };
}
