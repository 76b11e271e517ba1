import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeLogger } from '@overlay/runtime';
import kafkajs from 'kafkajs';
import { type Batch, Broker, type Passed } from './kafka.ts';

const brokers = process.env.OVERLAY_TEST_KAFKA_BROKERS?.split(',') ?? [];
const name = `kafka-test-${Date.now()}`;
const broker = new Broker(brokers, name, makeLogger('test', 'error'));
/** Writes as a Connect worker that sends exactly once does. */
const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({
  transactionalId: name,
  idempotent: true,
  maxInFlightRequests: 1,
});

beforeAll(async () => {
  await broker.connect();
  await producer.connect();
  await broker.ensureTopic(name, { partitions: 1, replicas: 1, retentionMs: 3_600_000 });
});
afterAll(async () => {
  await producer.disconnect();
  await broker.close();
});

async function send(value: string, end: 'commit' | 'abort'): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.send({ topic: name, messages: [{ value }] });
  await transaction[end]();
}

test('a fetch of markers and aborted records alone is told of, and every offset is accounted for', async () => {
  const seen: (Pick<Batch, 'firstOffset' | 'lastOffset'> & { readonly values: readonly string[] })[] = [];
  const note = ({ firstOffset, lastOffset }: Passed, values: readonly string[]) =>
    seen.push({ firstOffset, lastOffset, values });
  const until = async (high: number): Promise<void> => {
    while ((seen.at(-1)?.lastOffset ?? -1) < high - 1) await sleep(20);
  };
  const consumer = await broker.consume({
    groupId: name,
    sessionMs: 6000,
    topics: [name],
    isCompressed: false,
    onAssigned: () => {},
    onBatch: async (batch) => {
      note(
        batch,
        batch.messages.map(({ value }) => String(value)),
      );
    },
    onPassed: (passed) => note(passed, []),
    onCrash: (thrown) => {
      throw thrown;
    },
  });
  await send('first', 'commit'); // offset 0, its marker at 1
  await until(2);
  await send('aborted', 'abort'); // 2 and 3
  await until(4);
  await send('last', 'commit'); // 4 and 5
  await until(6);
  await consumer.stop();
  expect(seen.flatMap(({ values }) => values)).toEqual(['first', 'last']);
  expect(seen.filter(({ values }) => values.length === 0)).not.toEqual([]);
  expect(seen.map(({ firstOffset }) => firstOffset)).toEqual([
    0,
    ...seen.slice(0, -1).map(({ lastOffset }) => lastOffset + 1),
  ]);
  expect((await broker.watermarks(name)).get(0)).toEqual({ low: 0, high: 6 });
});
