import { Bug, type Ledger } from '@overlay/model';
import { type Program, retry, Trouble } from '@overlay/runtime';
import type { Arrow } from './arrow.ts';
import type { StageConfig } from './config.ts';
import { type Batch, Broker, type Consumer, PlaceLost } from './kafka.ts';
import { PartitionReader } from './partition-reader.ts';
import { makePublisher } from './publisher.ts';
import { makeSchemaRegistry } from './registry.ts';
import { watch } from './watch.ts';

/** The dependencies that an arrow reports on; a program names them to `runProgram`. */
export const STAGE_DEPENDENCIES = ['kafka', 'registry', 'postgres'] as const;

/**
 * Runs one arrow until the program is asked to stop: for each source it reads, decides, lands, publishes, notes and commits, in that order,
 * and begins from the stored head after every restart, rebalance or fence. Resolves when stopped; throws on a bug or on a trouble that no
 * retry can mend.
 */
export async function runArrow<In, Out, Value>(
  arrow: Arrow<In, Out, Value>,
  ledger: Ledger<Out>,
  program: Program<StageConfig>,
): Promise<void> {
  const { config, logger, health, signal } = program;
  const broker = new Broker(config.KAFKA_BROKERS, arrow.stage, logger);
  const registry = makeSchemaRegistry(config.SCHEMA_REGISTRY_URL);
  const retrying = { health, signal };
  const output = { ...arrow.output, name: config.TOPIC_PREFIX + arrow.output.name };
  await retry('kafka', retrying, () => broker.connect());
  program.onClose(() => broker.close());
  const schemaId = await retry('registry', retrying, () => registry.register(output));
  const topics = arrow.input.topicsOf(config.SOURCES, config.TOPIC_PREFIX);
  const partitions = await retry('kafka', retrying, () => makeReady(broker, topics, output.name, config));

  const publisher = makePublisher({
    broker,
    topic: output.name,
    partitions: partitions.get(output.name) ?? 1,
    schemaId,
    requestBytesMax: config.KAFKA_REQUEST_BYTES_MAX,
    crashAt: program.crashAt,
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // awaited at the end; a failure while joining must not count as unhandled until then
  const readers = new Map<string, PartitionReader<In, Out, Value>>();
  let consumer: Consumer | undefined;
  const newReader = (topic: string, partition: number) =>
    new PartitionReader({
      arrow,
      ledger,
      publisher,
      broker,
      program,
      consumer: () => consumer,
      place: { topic, partition },
      partitions: partitions.get(topic) ?? 1,
      prepare: (messages) => retry('registry', retrying, async () => arrow.input.prepare?.(registry, messages)),
      fail: failed.reject,
    });

  consumer = await retry('kafka', retrying, () =>
    broker.consume({
      groupId: `${config.TOPIC_PREFIX}audit-${arrow.stage}`,
      sessionMs: config.KAFKA_SESSION_MS,
      topics,
      isCompressed: arrow.input.isDense,
      onAssigned: (assigned) => {
        for (const reader of readers.values()) reader.abandon();
        readers.clear();
        for (const { topic, partitions: numbers } of assigned) {
          for (const number of numbers) readers.set(`${topic}/${number}`, newReader(topic, number));
        }
        logger.info({ assigned }, 'partitions assigned');
      },
      onCrash: failed.reject,
      onBatch: (batch) =>
        takeBatch(readers.get(`${batch.topic}/${batch.partition}`), batch, signal).catch(failed.reject),
      onPassed: (passed) => readers.get(`${passed.topic}/${passed.partition}`)?.pass(passed),
    }),
  );
  program.onClose(() => consumer.stop());
  const stopWatching = watch({ broker, registry, ledger, topics, readers, program, stage: arrow.stage });
  program.onClose(stopWatching);
  signal.addEventListener('abort', () => failed.reject(signal.reason), { once: true });
  await failed.promise.catch((thrown) => {
    if (!signal.aborted) throw thrown;
  });
}

async function takeBatch<In, Out, Value>(
  reader: PartitionReader<In, Out, Value> | undefined,
  batch: Batch,
  signal: AbortSignal,
): Promise<void> {
  if (!reader) return;
  try {
    await reader.take(batch);
  } catch (thrown) {
    // Whoever has the partition now goes on from the stored head; a bug stays a bug.
    const isOver = signal.aborted || reader.isAbandoned || batch.isStale() || thrown instanceof PlaceLost;
    if (isOver && !(thrown instanceof Bug)) return;
    throw thrown;
  }
}

/** Makes the output topic and waits for the input topics; gives the partition count of each. */
async function makeReady(
  broker: Broker,
  inputs: readonly string[],
  output: string,
  config: StageConfig,
): Promise<ReadonlyMap<string, number>> {
  await broker.ensureTopic(output, {
    partitions: config.TOPIC_PARTITIONS,
    replicas: config.TOPIC_REPLICAS,
    retentionMs: config.TOPIC_RETENTION_HOURS * 3_600_000,
  });
  const partitions = await broker.partitionsOf([...inputs, output]);
  const missing = inputs.filter((topic) => !partitions.has(topic));
  if (missing.length > 0) throw new Trouble('kafka.topic_missing', `${missing.join(', ')} (made by whoever writes it)`);
  return partitions;
}
