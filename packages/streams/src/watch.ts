import type { Ledger } from '@overlay/model';
import { lookEvery, messageOf, type Program } from '@overlay/runtime';
import type { StageConfig } from './config.ts';
import type { Broker } from './kafka.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { SchemaRegistry } from './registry.ts';
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

/** `idleAt` remembers when nothing was waiting last: what waits now came later. */
async function measureLag<In, Out, Value>(
  { broker, topics, readers, program, stage }: Watched<In, Out, Value>,
  idleAt: Map<string, number>,
): Promise<void> {
  for (const topic of topics) {
    const watermarks = await broker.watermarks(topic);
    const ours = [...readers.values()].filter((reader) => reader.place.topic === topic);
    for (const reader of ours.flatMap((partition) => [...partition.readers])) {
      const high = watermarks.get(reader.place.partition)?.high ?? 0;
      const labels = { stage, source: reader.source };
      const records = Math.max(0, high - reader.nextOffset);
      if (records === 0) idleAt.set(reader.source, Date.now());
      const since = Math.max(reader.lastTimestamp, idleAt.get(reader.source) ?? 0) || Date.now();
      const seconds = records === 0 ? 0 : (Date.now() - since) / 1000;
      program.metrics.lagRecords.set(labels, records);
      program.metrics.lagSeconds.set(labels, Math.max(0, seconds));
    }
  }
}
