import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Logger } from '@overlay/runtime';
import { messageOf, Trouble } from '@overlay/runtime';
import kafkajs from 'kafkajs';

/** A message as it stands in a topic. */
export interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** When it was published, in milliseconds since the epoch. */
  readonly timestamp: string;
}

/** One fetch of one partition, oldest first, never empty. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message[];
  /** Where the fetch began and ended: markers of Kafka's own transactions may stand before the first message and behind the last. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Tells the group that this member is alive; throws when the partition was given to another member. */
  readonly heartbeat: () => Promise<void>;
  /** True once the partition is no longer ours or the place in it was changed: what is left of the batch is not to be used. */
  readonly isStale: () => boolean;
}

/** A fetch of one partition that held no message: markers of Kafka's own transactions, or records of one that was aborted. */
export type Passed = Pick<Batch, 'topic' | 'partition' | 'firstOffset' | 'lastOffset'>;

export interface Outgoing {
  readonly key: string;
  readonly value: Buffer;
}

/** The consumer side: calls back with assignments and batches. */
export interface Consumption {
  readonly groupId: string;
  /** How long the group waits for a silent member, in milliseconds. */
  readonly sessionMs: number;
  readonly topics: readonly string[];
  /** Whether the topics are ours, which are compressed. */
  readonly isCompressed: boolean;
  /** Called when the group (re)assigned partitions; batches of a partition come after. */
  readonly onAssigned: (assigned: readonly { topic: string; partitions: readonly number[] }[]) => void;
  /** Called for one batch at a time in each partition. What it leaves unread is not read again unless {@link Consumer.seek} says so. */
  readonly onBatch: (batch: Batch) => Promise<void>;
  /** Called, between batches, for a fetch with nothing in it. */
  readonly onPassed?: (passed: Passed) => void;
  /** Called when the consumer stopped for good, which no retry mends. */
  readonly onCrash: (thrown: unknown) => void;
}

export interface Consumer {
  readonly seek: (topic: string, partition: number, offset: string) => void;
  readonly commit: (topic: string, partition: number, nextOffset: string) => Promise<void>;
  readonly pause: (topic: string, partition: number) => void;
  readonly resume: (topic: string, partition: number) => void;
  readonly stop: () => Promise<void>;
}

/** How a topic of ours is made. */
export interface TopicShape {
  readonly partitions: number;
  readonly replicas: number;
  readonly retentionMs: number;
}

export interface Watermarks {
  /** Offset of the oldest record that is kept. */
  readonly low: number;
  /** Offset that the next record will get. */
  readonly high: number;
}

/** Messages that may be fetched at once from a partition, in bytes. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
/** Of our own topics, which are compressed: what is fetched is many times as large in memory. */
const DENSE_FETCH_BYTES_MAX = 512 * 1024;
/** Largest message that our topics take: a piece with one very large row. */
const MESSAGE_BYTES_MAX = 96 * 1024 * 1024;
const PARTITIONS_CONCURRENTLY_MAX = 8;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * kafkajs brings gzip alone. Zstandard is Node's own, off the main thread, and at its lowest level costs less than what it saves: kafkajs
 * computes checksums in JavaScript, over what is left after compression.
 */
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) =>
    compress(buffer, {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
      chunkSize: chunkSize(buffer.length / RATIO),
    }),
  decompress: (buffer: Buffer) => decompress(buffer, { chunkSize: chunkSize(buffer.length * RATIO) }),
});

/** About how much longer our records are than their compression. */
const RATIO = 8;
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 8 * 1024 * 1024;
/** Room for about all of what comes out: Node goes to its thread and back for each chunk. */
const chunkSize = (bytes: number): number => Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, Math.ceil(bytes)));

/** Everything that a stage asks of Kafka. All failures of the world are thrown as the trouble `kafka.unreachable`. */
export class Broker {
  readonly #kafka: kafkajs.Kafka;
  readonly #admin: kafkajs.Admin;
  readonly #producer: kafkajs.Producer;

  constructor(brokers: readonly string[], clientId: string, logger: Logger) {
    this.#kafka = new kafkajs.Kafka({
      clientId,
      brokers: [...brokers],
      connectionTimeout: 3000,
      requestTimeout: 15_000,
      retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 3 },
      // kafkajs speaks of each lost connection many times; states are reported once by health.
      logCreator: () => (entry) => logger.debug({ kafkajs: entry.namespace, detail: entry.log.message }, 'kafkajs'),
    });
    this.#admin = this.#kafka.admin();
    // One request in flight keeps the order over retries; a retry may repeat records, which readers drop by sequence.
    this.#producer = this.#kafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  async connect(): Promise<void> {
    await reaching('the brokers', async () => {
      await this.#admin.connect();
      await this.#producer.connect();
    });
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }

  /** The partition count of each topic that exists. */
  async partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return reaching('topic metadata', async () => {
      const existing = new Set(await this.#admin.listTopics());
      const wanted = topics.filter((topic) => existing.has(topic));
      const { topics: found } = await this.#admin.fetchTopicMetadata({ topics: wanted });
      return new Map(wanted.length === 0 ? [] : found.map(({ name, partitions }) => [name, partitions.length]));
    });
  }

  /** Makes the topic when it is missing; one that exists is left as it is. */
  async ensureTopic(topic: string, { partitions, replicas, retentionMs }: TopicShape): Promise<void> {
    await reaching(`making topic ${topic}`, async () => {
      if ((await this.#admin.listTopics()).includes(topic)) return;
      await this.#admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: replicas,
            configEntries: [
              { name: 'max.message.bytes', value: String(MESSAGE_BYTES_MAX) },
              { name: 'retention.ms', value: String(retentionMs) },
            ],
          },
        ],
      });
    });
  }

  async watermarks(topic: string): Promise<ReadonlyMap<number, Watermarks>> {
    return reaching(`offsets of ${topic}`, async () => {
      const partitions = await this.#admin.fetchTopicOffsets(topic);
      return new Map(
        partitions.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
      );
    });
  }

  /** Appends messages to one partition, in order, acknowledged by all replicas in sync. */
  async publish(topic: string, partition: number, messages: readonly Outgoing[]): Promise<void> {
    await reaching(`publishing to ${topic}`, async () => {
      await this.#producer.send({
        topic,
        acks: -1,
        compression: kafkajs.CompressionTypes.ZSTD,
        messages: messages.map(({ key, value }) => ({ key, value, partition })),
      });
    });
  }

  async consume({
    groupId,
    sessionMs,
    topics,
    isCompressed,
    onAssigned,
    onBatch,
    onPassed,
    onCrash,
  }: Consumption): Promise<Consumer> {
    const consumer = this.#kafka.consumer({
      groupId,
      sessionTimeout: sessionMs,
      heartbeatInterval: sessionMs / 5,
      rebalanceTimeout: 2 * sessionMs,
      maxBytesPerPartition: isCompressed ? DENSE_FETCH_BYTES_MAX : FETCH_BYTES_MAX,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 5, restartOnFailure: async () => true },
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      onAssigned(Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({ topic, partitions })));
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) onCrash(payload.error);
    });
    // kafkajs goes past what has no message in it by itself, and says so nowhere else.
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, batchSize, firstOffset, lastOffset } = payload;
      if (batchSize === 0 && firstOffset !== null)
        onPassed?.({ topic, partition, firstOffset: Number(firstOffset), lastOffset: Number(lastOffset) });
    });
    await reaching('joining the group', async () => {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_CONCURRENTLY_MAX,
        eachBatch: async ({ batch, heartbeat, isStale, isRunning, resolveOffset }) => {
          await onBatch({
            topic: batch.topic,
            partition: batch.partition,
            messages: batch.messages,
            firstOffset: Number(batch.firstOffset() ?? batch.messages[0]?.offset),
            lastOffset: Number(batch.lastOffset()),
            heartbeat: () => beat(heartbeat),
            isStale: () => isStale() || !isRunning(),
          });
          resolveOffset(batch.lastOffset());
        },
      });
    });
    return {
      seek: (topic, partition, offset) => whileJoined(() => consumer.seek({ topic, partition, offset })),
      commit: (topic, partition, offset) =>
        reaching('committing offsets', () => consumer.commitOffsets([{ topic, partition, offset }])),
      pause: (topic, partition) => whileJoined(() => consumer.pause([{ topic, partitions: [partition] }])),
      resume: (topic, partition) => whileJoined(() => consumer.resume([{ topic, partitions: [partition] }])),
      stop: () => consumer.disconnect(),
    };
  }
}

/** Answers of a broker that no later try changes. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_CONFIG',
  'TOPIC_AUTHORIZATION_FAILED',
]);

/** The protocol's name of an error, also where kafkajs wrapped it. */
function typeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  return 'type' in thrown && typeof thrown.type === 'string' ? thrown.type : typeOf(thrown.cause);
}

/** Words of the coordinator that say that this member has no place in the group any more. */
const EVICTIONS = new Set(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

/** The partition is being given to another member, or the group forgot this one: whoever has it now goes on from the stored head. */
export class PlaceLost extends Error {
  override readonly name = 'PlaceLost';
}

/** A heartbeat that only fails when the place is lost: a broker that is away is kafkajs's to reach again, and health's to report. */
async function beat(heartbeat: () => Promise<void>): Promise<void> {
  try {
    await heartbeat();
  } catch (thrown) {
    if (EVICTIONS.has(typeOf(thrown))) throw new PlaceLost(messageOf(thrown), { cause: thrown });
  }
}

/** While kafkajs restarts a consumer there is no place to change; joining again begins anew anyway. */
function whileJoined(change: () => void): void {
  try {
    change();
  } catch (thrown) {
    if (!(thrown instanceof kafkajs.KafkaJSNonRetriableError)) throw thrown;
  }
}

async function reaching<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Trouble) throw thrown;
    const isRefusal = REFUSALS.has(typeOf(thrown));
    throw new Trouble(isRefusal ? 'kafka.refused' : 'kafka.unreachable', `${what}: ${messageOf(thrown)}`, thrown);
  }
}
