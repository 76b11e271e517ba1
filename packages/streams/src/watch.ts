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

/**
 * Looks every two seconds whether Kafka, the registry and the database answer, how far behind each source is, and what waits. Each look goes on by itself:
 * one that gets no answer keeps no other back. Returns the function that ends them.
 */
export function watch<In, Out, Value>(watched: Watched<In, Out, Value>): () => Promise<void> {
  const { registry, ledger, program, readers, stage } = watched;
  const { health } = program;
  const watchWaiting = makeWatchWaiting(stage, ledger, program);
  const idleAt = new Map<string, number>();
  const sources = () => [...readers.values()].flatMap((partition) => [...partition.readers]);
  const down = (dependency: string) => (thrown: unknown) => health.down(dependency, messageOf(thrown));
  const looks = [
    () => registry.ping().then(() => health.up('registry'), down('registry')),
    () => ledger.ping().then(() => health.up('postgres'), down('postgres')),
    () => watchWaiting(sources()).catch(down('postgres')), // mostly there is nothing to write, so that it went well says nothing
    () => measureLag(watched, idleAt).then(() => health.up('kafka'), down('kafka')),
  ];
  const ends = looks.map((look) => lookEvery(LOOK_MS, look));
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
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
