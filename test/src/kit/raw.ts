import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runKafkaTool } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker, type Message } from '@overlay/streams';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

/** The key of what a test writes. */
export const RAW_KEY = 'by a test';
const REQUEST_BYTES_MAX = 1_000_000;
const MESSAGE_BYTES_MAX = 67_108_864;

/** A hand in the raw topic of a world, for tests that write there what a connector might. */
export interface RawHand {
  readonly topic: string;
  readonly high: () => Promise<number>;
  readonly append: (values: readonly (string | Buffer)[]) => Promise<void>;
  /** Deletes the topic and makes it again, empty. */
  readonly remake: () => Promise<void>;
  /** Deletes the records below an offset, as retention does. */
  readonly forget: (below: number) => Promise<void>;
  /** Sets the committed offset of a group that has no members. */
  readonly resetGroup: (groupId: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openRaw(world: World): Promise<RawHand> {
  const topic = rawTopic(world.name);
  const broker = new Broker(world.servers.kafka.brokers, 'fault', makeLogger('fault', 'error'));
  await broker.connect();
  const server = ['--bootstrap-server', world.servers.kafka.brokers.join()];
  const topics = (...words: string[]) => runKafkaTool('org.apache.kafka.tools.TopicCommand', [...server, ...words]);
  return {
    topic,
    high: async () => (await broker.watermarks(topic)).get(0)?.high ?? 0,
    async append(values) {
      for (const request of inRequests(values))
        await broker.publish(
          topic,
          0,
          request.map((value) => ({ key: RAW_KEY, value: Buffer.from(value) })),
        );
    },
    async remake() {
      await topics('--delete', '--topic', topic);
      const settings = { 'max.message.bytes': String(MESSAGE_BYTES_MAX), 'cleanup.policy': 'delete' };
      const config = Object.entries(settings).flatMap(([name, value]) => ['--config', `${name}=${value}`]);
      await waitFor(
        `${topic} to be made again`,
        () =>
          topics('--create', '--topic', topic, '--partitions', '1', ...config)
            .then(() => true)
            .catch(() => undefined),
        30_000,
      );
    },
    async forget(below) {
      const partitions = [{ topic, partition: 0, offset: below }];
      const file = join(world.directory, 'forget.json');
      writeFileSync(file, JSON.stringify({ version: 1, partitions }));
      await runKafkaTool('org.apache.kafka.tools.DeleteRecordsCommand', [...server, '--offset-json-file', file]);
    },
    async resetGroup(groupId) {
      const words = ['--group', groupId, '--topic', topic, '--reset-offsets', '--to-earliest', '--execute'];
      await waitFor(
        `group ${groupId} to be empty`,
        () =>
          runKafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [...server, ...words]).then(
            (said) => (said.includes(topic) && !said.includes('Error') ? true : undefined),
          ),
        60_000,
      );
    },
    close: () => broker.close(),
  };
}

function* inRequests<Value extends string | Buffer>(values: readonly Value[]): Generator<readonly Value[]> {
  let request: Value[] = [];
  let bytes = 0;
  for (const value of values) {
    request.push(value);
    bytes += value.length;
    if (bytes < REQUEST_BYTES_MAX) continue;
    yield request;
    [request, bytes] = [[], 0];
  }
  if (request.length > 0) yield request;
}

/** What a raw record is, as far as tests that cut and repeat them must know. */
export interface RawMessage {
  readonly offset: number;
  readonly text: string;
  readonly kind: 'begin' | 'end' | 'row' | 'other';
  /** GTID of the transaction that it belongs to. */
  readonly gtid: string | undefined;
}

export function describeRaw({ offset, value }: Message): RawMessage {
  const text = value?.toString('utf8') ?? '';
  const parsed = JSON.parse(text) as {
    status?: string;
    id?: string;
    transaction?: { id: string } | null;
    source?: { gtid?: string | null };
  };
  const place = { offset: Number(offset), text };
  if (parsed.status === 'BEGIN') return { ...place, kind: 'begin', gtid: parsed.id };
  if (parsed.status === 'END') return { ...place, kind: 'end', gtid: parsed.id };
  if (parsed.transaction) return { ...place, kind: 'row', gtid: parsed.transaction.id };
  return { ...place, kind: 'other', gtid: parsed.source?.gtid ?? undefined };
}
