import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd, type Stack } from '@overlay/infra';
import { waitFor } from '../kit/wait.ts';
import { type Bench, type Benchmark, type Figures, rounded } from './benchmark.ts';
import { type Capture, connectBroker, deleteConnector, startCaptures, topicEnd } from './capture.ts';
import { evidence } from './evidence.ts';
import { SINKS, sampleSink } from './jdbc-sink.ts';
import { cpuSeconds } from './processes.ts';
import { psql } from './psql.ts';
import { dropDatabase, emptyDatabase, onServer, type Recording, startRecording } from './recording.ts';
import { type Sample, type Stretch, sampleUntilDone, stretchOf } from './samples.ts';
import { foundShop, ROWS_PER_TRANSACTION } from './shop.ts';

/** Everything is measured warm: what happens before this share of the rows is in does not count. */
const WARM_SHARE = 0.1;
const SAMPLE_MS = 100;
const STALL_MS_MAX = 60_000;
const CAPTURE_MS_MAX = 900_000;

/** One raw topic, landed by the normalizer alone, landed and published, by Debezium's JDBC sink, and its events by COPY. */
export const land: Benchmark = {
  name: 'land',
  what: "one raw topic into Postgres: the normalizer, without and with publishing; Debezium's JDBC sink; COPY",
  rows: 1_000_000,
  async run(bench) {
    const sealing = bench.isSealed ? await sealingCost(bench) : {};
    const stack = await bench.startServers({ connectPlugins: ['avro-converter', 'jdbc-sink'] });
    const { raw, forStock, forTuned } = await fillTopics(bench, stack);
    await warmPostgres(bench, stack);
    const landed = await landAlone(bench, stack, raw, 'landed');
    const published = await landAndPublish(bench, stack, raw);
    const sink = await sinkAll(bench, stack, forStock, 'stock');
    const upsert = await sinkAll(bench, stack, forStock, 'upsert');
    const tuned = await sinkAll(bench, stack, forTuned, 'tuned');
    const copied = await copyAll(bench, stack, landed.eventsFile);
    return {
      rows_per_s: rounded(landed.stretch.rows_per_s),
      sink_rows_per_s: rounded(sink.rows_per_s),
      copy_rows_per_s: rounded(copied.rows_per_s),
      ratio_sink: rounded(landed.stretch.rows_per_s / sink.rows_per_s),
      ratio_copy: rounded(landed.stretch.rows_per_s / copied.rows_per_s),
      cpu_us_per_row: rounded(oursOf(landed.stretch)),
      published_ratio_sink: rounded(published.stretch.rows_per_s / sink.rows_per_s),
      published_cpu_us_per_row: rounded(oursOf(published.stretch)),
      rss_mb_max: rounded(Math.max(landed.rss_mb_max, published.rss_mb_max)),
      bytes_per_event: rounded(landed.bytes_per_event),
      published_rows_per_s: rounded(published.stretch.rows_per_s),
      sink_cpu_us_per_row: rounded(oursOf(sink)),
      upsert_sink_rows_per_s: rounded(upsert.rows_per_s),
      upsert_sink_cpu_us_per_row: rounded(oursOf(upsert)),
      ratio_upsert_sink: rounded(landed.stretch.rows_per_s / upsert.rows_per_s),
      tuned_sink_rows_per_s: rounded(tuned.rows_per_s),
      tuned_sink_cpu_us_per_row: rounded(oursOf(tuned)),
      ratio_tuned_sink: rounded(landed.stretch.rows_per_s / tuned.rows_per_s),
      copy_cpu_us_per_row: rounded(oursOf(copied)),
      ...sealing,
    };
  },
};

/** Of the normalizer's own code that writes an event, with and without a policy, and of the evidence log, while nothing else runs. */
async function sealingCost(bench: Bench): Promise<Figures> {
  const log = join(bench.directory, 'sealing-cost.json');
  await runToEnd({ file: 'services/normalizer/src/testing/sealing-cost.ts', log });
  const figures = JSON.parse(readFileSync(log, 'utf8')) as Figures;
  bench.tell(`sealing: ${JSON.stringify(figures)}`);
  const { evidence_us_per_event = 0 } = await evidence.run({ ...bench, rows: evidence.rows });
  return { ...figures, evidence_us_per_event };
}

/** What a way of writing costs: its own process and the database. The broker stands beside. */
export const oursOf = ({ cpu_us_per_row: { service = 0, postgres = 0 } }: Stretch): number => service + postgres;

export function report(bench: Bench, what: string, { rows_per_s, cpu_us_per_row }: Stretch): void {
  const parts = Object.entries(cpu_us_per_row).map(([part, cost]) => `${part} ${cost.toFixed(1)}`);
  bench.tell(`${what}: ${Math.round(rows_per_s)} rows/s; µs of processor a row: ${parts.join(', ')}`);
}

/** Loads the shop while connectors capture it: as the normalizer reads it, and as each sink does. Ends them when all is there. */
async function fillTopics(bench: Bench, stack: Stack) {
  const shop = await foundShop(stack, bench.directory);
  bench.onEnd(() => shop.close());
  const broker = await connectBroker(stack);
  bench.onEnd(() => broker.close());
  const captures = await startCaptures(stack, broker, shop.connection, {
    raw: { source: 'bench' },
    forStock: { source: 'benchstock', hasMarkers: false, overrides: SINKS.stock.format() },
    forTuned: { source: 'benchtuned', hasMarkers: false, overrides: SINKS.tuned.format(stack) },
  });
  bench.tell(`loading ${bench.rows} rows in ${bench.rows / ROWS_PER_TRANSACTION} transactions`);
  await shop.load(bench.rows);
  bench.tell('loaded; Debezium goes on capturing');
  for (const { source, topic, offsetAfter } of Object.values(captures)) {
    const all = offsetAfter(bench.rows);
    await waitFor(
      `${topic} to hold ${all} messages`,
      async () => ((await topicEnd(broker, topic)) >= all ? true : undefined),
      CAPTURE_MS_MAX,
    );
    await deleteConnector(stack, source);
  }
  bench.tell('captured');
  return captures;
}

/** Lets the server make its log files before anybody is measured, so that the first does not pay for those after it. */
async function warmPostgres(bench: Bench, stack: Stack): Promise<void> {
  const width = 1000;
  await onServer(
    stack,
    'create table warm (filler text)',
    `alter table warm alter filler set storage external`,
    `insert into warm select repeat(md5(i::text), ${Math.ceil(width / 32)}) from generate_series(1, ${bench.rows}) as i`,
    'drop table warm',
  );
  await settle(stack);
}

/** Nobody pays for the pages that those before left to be written. */
const settle = (stack: Stack): Promise<void> => onServer(stack, 'checkpoint');

interface Landed {
  readonly stretch: Stretch;
  readonly rss_mb_max: number;
}

interface LandedAlone extends Landed {
  readonly bytes_per_event: number;
  /** What was landed, as COPY reads it: event id and body. */
  readonly eventsFile: string;
}

/** Lands a whole topic in a database of the given name, without publishing. */
export async function landAlone(bench: Bench, stack: Stack, raw: Capture, name: string): Promise<LandedAlone> {
  await settle(stack);
  const recording = await startRecording(bench, stack, raw, { name, publish: 'off' });
  const last = raw.offsetAfter(bench.rows) - 1;
  const samples = await sampleUntilDone({
    ...watching(bench, recording, name),
    rows: async () => raw.rowsUpTo((await recording.progress()).offset + 1),
    isDone: (rows) => rows >= raw.rowsUpTo(last + 1),
  });
  const stretch = warmStretch(samples, bench.rows);
  report(bench, 'landing alone', stretch);
  const rss_mb_max = recording.peakMemoryMb();
  const bytes_per_event = await bytesPerEvent(recording);
  const eventsFile = join(bench.directory, `${name}.copy`);
  await recording.stop();
  await psql(
    recording.url,
    `\\copy (select event_id, body from audit.change_events order by source, sequence, ordinal) to '${eventsFile}'`,
  );
  await dropDatabase(stack, name);
  return { stretch, rss_mb_max, bytes_per_event, eventsFile };
}

async function landAndPublish(bench: Bench, stack: Stack, raw: Capture): Promise<Landed> {
  await settle(stack);
  const recording = await startRecording(bench, stack, raw, { name: 'published', publish: 'on' });
  const last = raw.offsetAfter(bench.rows) - 1;
  let isAllLanded = false;
  let landed = 0;
  const samples = await sampleUntilDone({
    ...watching(bench, recording, 'published'),
    rows: async () => {
      const progress = await recording.progress();
      isAllLanded = progress.offset >= last;
      landed = progress.landed;
      return progress.published;
    },
    isDone: (published) => isAllLanded && published === landed,
  });
  // Sequences before those of the load are of definitions; how many there are shows at the end.
  const transactions = bench.rows / ROWS_PER_TRANSACTION;
  const rowsOf = (sequence: number) => Math.max(0, sequence - (landed - transactions)) * ROWS_PER_TRANSACTION;
  const inRows = samples.map((sample) => ({ ...sample, rows: rowsOf(sample.rows) }));
  const stretch = warmStretch(inRows, bench.rows);
  report(bench, 'landing and publishing', stretch);
  const rss_mb_max = recording.peakMemoryMb();
  await recording.stop();
  await dropDatabase(stack, 'published');
  return { stretch, rss_mb_max };
}

const warmStretch = (samples: readonly Sample[], rows: number): Stretch => stretchOf(samples, rows * WARM_SHARE, rows);

const watching = (bench: Bench, { cpu }: Recording, what: string) => ({
  cpu,
  every_ms: SAMPLE_MS,
  stall_ms_max: STALL_MS_MAX,
  tell: (text: string) => bench.tell(`${what}: ${text}`),
});

/** With indexes, over all partitions. */
async function bytesPerEvent({ record }: Recording): Promise<number> {
  const [size] = await record.query<{ bytes: string; events: string }>(
    `select (select count(*) from audit.change_events) as events, sum(pg_total_relation_size(inhrelid)) as bytes from pg_inherits
      where inhparent in ('audit.change_events'::regclass, 'audit.transactions'::regclass)`,
  );
  return Number(size?.bytes) / Number(size?.events);
}

async function sinkAll(bench: Bench, stack: Stack, topic: Capture, name: keyof typeof SINKS): Promise<Stretch> {
  await settle(stack);
  const setup = SINKS[name];
  const samples = await sampleSink(bench, stack, topic, { rows: bench.rows, name: `sink_${name}`, setup });
  const stretch = warmStretch(samples, bench.rows);
  report(bench, `Debezium's JDBC sink ${setup.what}`, stretch);
  return stretch;
}

/** One client and one COPY: ids and bodies only, with the key that makes ids unique. */
async function copyAll(bench: Bench, stack: Stack, eventsFile: string): Promise<Stretch> {
  const url = await emptyDatabase(stack, 'copied');
  await psql(url, 'create table events (event_id uuid primary key, body json not null)');
  await settle(stack);
  const [begin_ms, begin_s] = [performance.now(), cpuSeconds(stack.pid('postgres'))];
  await psql(url, `\\copy events from '${eventsFile}'`);
  const seconds = (performance.now() - begin_ms) / 1000;
  const postgres = ((cpuSeconds(stack.pid('postgres')) - begin_s) * 1e6) / bench.rows;
  const stretch = { rows: bench.rows, rows_per_s: bench.rows / seconds, cpu_us_per_row: { postgres } };
  report(bench, `COPY of ${Math.round(statSync(eventsFile).size / bench.rows)} bytes a row`, stretch);
  rmSync(eventsFile);
  await dropDatabase(stack, 'copied');
  return stretch;
}
