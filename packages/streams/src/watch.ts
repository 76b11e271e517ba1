import type { Ledger } from '@overlay/model';
import { lookEvery, messageOf, type Program } from '@overlay/runtime';
import type { StageConfig } from './config.ts';
import type { Broker } from './kafka.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { SchemaRegistry } from './registry.ts';
import type { SourceReader } from './source-reader.ts';
import { makeWatchWaiting } from './watch-waiting.ts';

/** Pause between two looks at the world. */
const LOOK_MS = 2000;

interface Watched<In, Out, Value> {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly ledger: Pick<Ledger<never>, 'ping' | 'noteWaiting'>;
  readonly topics: readonly string[];
  readonly readers: ReadonlyMap<string, PartitionReader<In, Out, Value>>;
  readonly program: Program<StageConfig>;
  readonly stage: string;
}

/** Looks every two seconds whether Kafka, the registry and the database answer, and how far behind each source is. Returns the function that ends it. */
export function watch<In, Out, Value>(watched: Watched<In, Out, Value>): () => Promise<void> {
  const { registry, ledger, program, readers, stage } = watched;
  const watchWaiting = makeWatchWaiting(stage, ledger, program);
  const idleAt = new Map<string, number>();
  const look = async () => {
    await Promise.all([
      check(program, 'registry', () => registry.ping()),
      check(program, 'postgres', async () => {
        await ledger.ping();
        await watchWaiting([...readers.values()].flatMap((partition) => [...partition.readers]));
      }),
      check(program, 'kafka', () => measureLag(watched, idleAt)),
    ]);
  };
  return lookEvery(LOOK_MS, look);
}

async function check({ health }: Program<StageConfig>, dependency: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    health.up(dependency);
  } catch (thrown) {
    health.down(dependency, messageOf(thrown));
  }
}

/** How far behind each source is. A topic that ends before what was read of it was made again, although nothing has come from it yet. */
async function measureLag<In, Out, Value>(
  watched: Watched<In, Out, Value>,
  idleAt: Map<string, number>,
): Promise<void> {
  for (const topic of watched.topics) {
    const ours = [...watched.readers.values()].filter(({ place }) => place.topic === topic);
    const readBefore = ours.map(({ readTo }) => readTo);
    const watermarks = await watched.broker.watermarks(topic);
    for (const [index, partition] of ours.entries()) {
      const { high } = watermarks.get(partition.place.partition) ?? { high: 0 };
      if (partition.seemsShort(high < (readBefore[index] ?? 0)))
        void partition.beginAgain(`the topic ends at ${high}, before what was read of it`);
      for (const reader of partition.readers) measure(watched, reader, high, idleAt);
    }
  }
}

/** `idleAt` remembers when nothing was waiting last: what waits now came later. */
function measure<In, Out, Value>(
  { program, stage }: Watched<In, Out, Value>,
  { source, nextOffset, lastTimestamp }: SourceReader<In, Out, Value>,
  high: number,
  idleAt: Map<string, number>,
): void {
  const records = Math.max(0, high - nextOffset);
  if (records === 0) idleAt.set(source, Date.now());
  const since = Math.max(lastTimestamp, idleAt.get(source) ?? 0) || Date.now();
  program.metrics.lagRecords.set({ stage, source }, records);
  program.metrics.lagSeconds.set({ stage, source }, records === 0 ? 0 : Math.max(0, Date.now() - since) / 1000);
}
