import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '@overlay/streams';
import { waitFor } from '../kit/wait.ts';
import { type Bench, type Benchmark, rounded } from './benchmark.ts';
import { connectBroker, startCaptures, topicEnd } from './capture.ts';
import { type Recording, startRecording, untilBegun } from './recording.ts';
import { percentile } from './samples.ts';
import { foundShop } from './shop.ts';
import { placeOfSale, ROWS_PER_SALE, sell } from './traffic.ts';

const PER_SECOND = 500;
/** Connect compiles itself for half a minute under such a load. */
const WARM_SALES = 40 * PER_SECOND;
/** Between two looks at the head. */
const LOOK_MS = 1;

/** From the answer to COMMIT to the row in Postgres and to the transaction on the published topic, under even traffic. */
export const latency: Benchmark = {
  name: 'latency',
  what: `commit to row and to topic, under ${PER_SECOND} small transactions a second`,
  rows: 30 * PER_SECOND * ROWS_PER_SALE,
  async run(bench) {
    const stack = await bench.startServers();
    const shop = await foundShop(stack, bench.directory);
    bench.onEnd(() => shop.close());
    const broker = await connectBroker(stack);
    bench.onEnd(() => broker.close());
    const { live } = await startCaptures(stack, broker, shop.connection, { live: { source: 'live' } });
    const recording = await startRecording(bench, stack, live, { name: 'latency', publish: 'on' });
    await untilBegun(recording);
    const topic = await watchTopic(bench, broker, recording);
    const head = watchHead(recording);
    bench.onEnd(async () => head.stop());

    const sales = WARM_SALES + Math.ceil(bench.rows / ROWS_PER_SALE);
    bench.tell(`${sales} sales, the first ${WARM_SALES} to warm up`);
    const { committed_ms } = await sell(stack, { sales, perSecond: PER_SECOND });
    await untilPublished(broker, recording, live.topic);
    await waitFor('the consumer to read everything', async () =>
      topic.seen_ms.length > (await recording.progress()).published ? true : undefined,
    );
    head.stop();

    const row_ms: number[] = [];
    const topic_ms: number[] = [];
    const error_ms: number[] = [];
    for (const { place, sequence } of await sequencesOf(recording)) {
      const committed = committed_ms[place];
      if (committed === undefined || place < WARM_SALES) continue;
      const seen = head.firstAt(sequence);
      row_ms.push(seen.at_ms - committed);
      error_ms.push(seen.error_ms);
      topic_ms.push((topic.seen_ms[sequence] ?? Number.NaN) - committed);
    }
    const took_s = ((committed_ms.at(-1) ?? 0) - (committed_ms[WARM_SALES] ?? 0)) / 1000;
    const figures = {
      row_p50_ms: rounded(percentile(row_ms, 0.5)),
      row_p99_ms: rounded(percentile(row_ms, 0.99)),
      topic_p50_ms: rounded(percentile(topic_ms, 0.5)),
      topic_p99_ms: rounded(percentile(topic_ms, 0.99)),
      count: row_ms.length,
      transactions_per_s: rounded((sales - WARM_SALES) / took_s),
      row_error_p50_ms: rounded(percentile(error_ms, 0.5)),
      row_error_p99_ms: rounded(percentile(error_ms, 0.99)),
    };
    bench.tell(
      `rows are seen at most ${figures.row_error_p50_ms} ms late in the median, ${figures.row_error_p99_ms} ms at the 99th percentile`,
    );
    return figures;
  },
};

interface Seen {
  readonly at_ms: number;
  /** It may have been there so much earlier: since the question before the one that showed it. */
  readonly error_ms: number;
}

/** Looks at the head without pause. Rows are visible when the head is: one transaction writes both. */
function watchHead({ progress }: Recording): {
  readonly firstAt: (sequence: number) => Seen;
  readonly stop: () => void;
} {
  const looks: (Seen & { readonly landed: number })[] = [];
  let isOver = false;
  const look = async (): Promise<void> => {
    for (let asked_ms = performance.now(); !isOver; ) {
      const before_ms = asked_ms;
      asked_ms = performance.now();
      const { landed } = await progress();
      const at_ms = performance.now();
      if (landed !== looks.at(-1)?.landed) looks.push({ at_ms, error_ms: at_ms - before_ms, landed });
      await sleep(LOOK_MS);
    }
  };
  const looking = look();
  looking.catch(() => {}); // a record that is gone ends the benchmark by its own means
  return {
    stop() {
      isOver = true;
    },
    firstAt(sequence) {
      let [low, high] = [0, looks.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((looks[middle]?.landed ?? 0) >= sequence) high = middle;
        else low = middle + 1;
      }
      const seen = looks[low];
      if (!seen) throw new Error(`sequence ${sequence} was never seen to land`);
      return seen;
    },
  };
}

/** Reads the published topic; `seen_ms` says at place `sequence` when a transaction was first read whole. */
async function watchTopic(
  bench: Bench,
  broker: Broker,
  { outputTopic }: Recording,
): Promise<{ readonly seen_ms: readonly number[] }> {
  const seen_ms: number[] = [];
  const joined = Promise.withResolvers<void>();
  const consumer = await broker.consume({
    groupId: 'bench-latency',
    sessionMs: 10_000,
    topics: [outputTopic],
    isCompressed: true,
    onAssigned: () => joined.resolve(),
    onCrash: joined.reject,
    onBatch: async ({ messages }) => {
      const now_ms = performance.now();
      for (const { value } of messages) {
        const text = value?.toString('latin1') ?? '';
        const sequence = Number(/"sequence":(\d+)/.exec(text)?.[1]);
        if (text.includes('"last":true')) seen_ms[sequence] ??= now_ms;
      }
    },
  });
  bench.onEnd(() => consumer.stop());
  await joined.promise;
  return { seen_ms };
}

/** Resolves when everything that MySQL committed is in the topic, landed and published. */
async function untilPublished(broker: Broker, { progress }: Recording, topic: string): Promise<void> {
  let before = -1;
  await waitFor('everything to be published', async () => {
    const end = await topicEnd(broker, topic);
    const { offset, landed, published } = await progress();
    const isDone = end === before && offset === end - 1 && published === landed;
    before = end;
    return isDone ? true : undefined;
  });
}

/** Which sequence each sale of the traffic became. */
async function sequencesOf({ record }: Recording): Promise<readonly { place: number; sequence: number }[]> {
  const rows = await record.query<{ sequence: string; sale: string }>(
    "select sequence, body #>> '{after,sale_id}' as sale from audit.change_events where table_name = 'sales'",
  );
  return rows.flatMap(({ sequence, sale }) => {
    const place = placeOfSale(Number(sale));
    return place === undefined ? [] : [{ place, sequence: Number(sequence) }];
  });
}
