import { avroConverter, runConnector, type Stack } from '@overlay/infra';
import { Database } from '@overlay/storage';
import type { Bench } from './benchmark.ts';
import { type Capture, deleteConnector, refuseFailed } from './capture.ts';
import { cpuSeconds } from './processes.ts';
import { dropDatabase, emptyDatabase } from './recording.ts';
import { type Sample, sampleUntilDone } from './samples.ts';

/** A way to run the sink: what rows go through on the way to it, and its own settings. */
interface SinkSetup {
  readonly what: string;
  /** Settings of the connector that writes the topic, and of the sink that reads it. */
  readonly format: (stack: Stack) => Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** What stands behind the database's address. */
  readonly query: string;
  /** Whether a row may be written over: then writes are counted instead of rows. */
  readonly isUpsert?: boolean;
}

/** Every event an insert into a table without a key: the cheapest, and a record that comes again is there twice. */
const INSERTS = {
  'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
  'tasks.max': '1',
  'insert.mode': 'insert',
  'primary.key.mode': 'none',
  'schema.evolution': 'basic',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the sink fills it in, with the table of each event
  'collection.name.format': '${source.table}',
};

/** JSON without schemas does not work for a sink. */
const JSON_WITH_SCHEMAS = {
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'true',
  'value.converter.schemas.enable': 'true',
};

export const SINKS = {
  /** As Connect, the sink and the driver come: nothing set that need not be. */
  stock: {
    what: 'as it comes, reading JSON',
    format: () => JSON_WITH_SCHEMAS,
    settings: {},
    query: '',
  },
  /** As whoever wants nothing twice has to set it: rows by their key, written over when they come again or change. Else as it comes. */
  upsert: {
    what: 'as it comes, upserting JSON',
    format: () => JSON_WITH_SCHEMAS,
    settings: { 'insert.mode': 'upsert', 'primary.key.mode': 'record_key' },
    query: '',
    isUpsert: true,
  },
  /**
   * The fastest that was found: Avro, as many rows as it takes to a batch (which the consumer bounds too), made statements of many rows by the
   * driver. Arrays for columns (`unnest`) are no faster, and refuse Debezium's times.
   */
  tuned: {
    what: 'tuned, reading Avro',
    format: (stack) => avroConverter(stack.registry.url),
    settings: {
      'batch.size': '10000',
      'consumer.override.max.poll.records': '10000',
      'consumer.override.fetch.max.bytes': '16777216',
      'consumer.override.max.partition.fetch.bytes': '16777216',
    },
    query: '?reWriteBatchedInserts=true',
  },
} satisfies Record<string, SinkSetup>;

/**
 * Lets Debezium's JDBC sink write all rows of a captured topic into an empty database, whose tables it makes. Gives how far it was when. `name` is that of
 * the connector, whose group of consumers remembers what it has read, and of the database.
 */
export async function sampleSink(
  bench: Bench,
  stack: Stack,
  { topic }: Capture,
  { rows, name, setup }: { readonly rows: number; readonly name: string; readonly setup: SinkSetup },
): Promise<readonly Sample[]> {
  const url = new URL(await emptyDatabase(stack, name));
  const database = new Database(url.href, 1);
  bench.onEnd(() => database.close());
  await runConnector(stack.connect.url, name, {
    ...INSERTS,
    ...setup.settings,
    ...setup.format(stack),
    topics: topic,
    'connection.url': `jdbc:postgresql://${url.host}${url.pathname}${setup.query}`,
    'connection.username': url.username,
    'connection.password': url.password,
  });
  const count = setup.isUpsert ? () => countWrites(database) : makeCount(database, rows);
  const samples = await sampleUntilDone({
    async rows() {
      await refuseFailed(stack, name);
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
    tell: (text) => bench.tell(`sink ${setup.what}: ${text}`),
  });
  await deleteConnector(stack, name);
  await dropDatabase(stack, name);
  return samples;
}

/** Inserts and updates of all tables, by statistics that are up to a second old. */
async function countWrites(database: Database): Promise<number> {
  const [sum] = await database.query<{ writes: string }>(
    'select coalesce(sum(n_tup_ins + n_tup_upd), 0) as writes from pg_stat_user_tables',
  );
  return Number(sum?.writes ?? 0);
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
