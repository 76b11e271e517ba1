import type { Stack } from '@overlay/infra';
import type { Broker } from '@overlay/streams';
import { waitFor } from '../kit/wait.ts';
import { type Bench, type Benchmark, type Figures, rounded } from './benchmark.ts';
import {
  type Capture,
  connectBroker,
  deleteConnector,
  refuseFailed,
  resumeConnector,
  startCaptures,
  stopConnector,
  topicEnd,
} from './capture.ts';
import { cpuSeconds } from './processes.ts';
import { type Recording, startRecording, untilBegun } from './recording.ts';
import { type Sample, type Stretch, sampleUntilDone, stretchOf } from './samples.ts';
import { foundShop, ROWS_PER_TRANSACTION } from './shop.ts';

const WARM_SHARE = 0.1;
const SAMPLE_MS = 100;
const STALL_MS_MAX = 60_000;

/** What the whole way sustains, live: Debezium alone, and Debezium with the normalizer landing and publishing on the same machine. */
export const flow: Benchmark = {
  name: 'flow',
  what: 'from a loaded MySQL to the published topic, beside what Debezium alone does',
  rows: 500_000,
  async run(bench) {
    const stack = await bench.startServers();
    const shop = await foundShop(stack, bench.directory);
    bench.onEnd(() => shop.close());
    const broker = await connectBroker(stack);
    bench.onEnd(() => broker.close());
    // Three connectors that stand at the same place: each will stream the same load.
    const captures = await startCaptures(stack, broker, shop.connection, {
      warm: { source: 'warm' },
      alone: { source: 'alone' },
      together: { source: 'together' },
    });
    for (const { source } of Object.values(captures)) await stopConnector(stack, source);
    bench.tell(`loading ${bench.rows} rows`);
    await shop.load(bench.rows);
    bench.tell('loaded; the first stream only warms Connect and the broker');
    await stream(bench, stack, broker, captures.warm);
    const alone = await stream(bench, stack, broker, captures.alone);
    report(bench, 'Debezium alone', alone);
    const together = await streamAndRecord(bench, stack, broker, captures.together);
    report(bench, 'Debezium, landing and publishing', together);
    return {
      rows_per_s: rounded(together.rows_per_s),
      source_rows_per_s: rounded(alone.rows_per_s),
      ratio_source: rounded(together.rows_per_s / alone.rows_per_s),
      ...costs('source', alone),
      ...costs('', together),
    };
  },
};

function costs(prefix: string, { cpu_us_per_row }: Stretch): Figures {
  const named = Object.entries(cpu_us_per_row).map(([part, cost]) => {
    return [`${prefix && `${prefix}_`}${part}_cpu_us_per_row`, rounded(cost)] as const;
  });
  const all = Object.values(cpu_us_per_row).reduce((sum, cost) => sum + cost, 0);
  return { [`${prefix && `${prefix}_`}cpu_us_per_row`]: rounded(all), ...Object.fromEntries(named) };
}

function report(bench: Bench, what: string, { rows_per_s, cpu_us_per_row }: Stretch): void {
  const parts = Object.entries(cpu_us_per_row).map(([part, cost]) => `${part} ${cost.toFixed(1)}`);
  bench.tell(`${what}: ${Math.round(rows_per_s)} rows/s; µs of processor a row: ${parts.join(', ')}`);
}

const serversCpu = (stack: Stack): Readonly<Record<string, number>> => ({
  mysql: cpuSeconds(stack.pid('mysql')),
  connect: cpuSeconds(stack.pid('connect')),
  kafka: cpuSeconds(stack.pid('kafka')),
});

/** Lets a stopped connector stream the whole load into its topic, and removes it. */
export async function stream(bench: Bench, stack: Stack, broker: Broker, capture: Capture): Promise<Stretch> {
  await resumeConnector(stack, capture.source);
  const samples = await sampleUntilDone({
    async rows() {
      await refuseFailed(stack, capture.source);
      return capture.rowsUpTo(await topicEnd(broker, capture.topic));
    },
    cpu: () => serversCpu(stack),
    isDone: (rows) => rows >= bench.rows,
    ...watching(bench, `captured by ${capture.source}`),
  });
  await deleteConnector(stack, capture.source);
  return warmStretch(samples, bench.rows);
}

/** The same with the normalizer at work from the beginning: its rows count when they are published. */
async function streamAndRecord(bench: Bench, stack: Stack, broker: Broker, capture: Capture): Promise<Stretch> {
  const recording = await startRecording(bench, stack, capture, { name: 'flow', publish: 'on' });
  await untilBegun(recording);
  const before = await untilQuiet(recording, await topicEnd(broker, capture.topic));
  await resumeConnector(stack, capture.source);
  const samples = await sampleUntilDone({
    async rows() {
      await refuseFailed(stack, capture.source);
      return ((await recording.progress()).published - before) * ROWS_PER_TRANSACTION;
    },
    cpu: () => ({ ...serversCpu(stack), ...recording.cpu() }),
    isDone: (rows) => rows >= bench.rows,
    ...watching(bench, 'published'),
  });
  await deleteConnector(stack, capture.source);
  await recording.stop();
  return warmStretch(samples, bench.rows);
}

/** The sequence that is published when everything that the topic holds so far is. */
function untilQuiet({ progress }: Recording, end: number): Promise<number> {
  return waitFor('the normalizer to publish what stood there before', async () => {
    const { offset, landed, published } = await progress();
    return offset === end - 1 && published === landed ? published : undefined;
  });
}

const warmStretch = (samples: readonly Sample[], rows: number): Stretch => stretchOf(samples, rows * WARM_SHARE, rows);

const watching = (bench: Bench, what: string) => ({
  every_ms: SAMPLE_MS,
  stall_ms_max: STALL_MS_MAX,
  tell: (text: string) => bench.tell(`${what}: ${text}`),
});
