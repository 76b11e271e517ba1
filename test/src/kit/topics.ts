import { setTimeout as sleep } from 'node:timers/promises';
import { makeLogger } from '@overlay/runtime';
import { Broker, type Message } from '@overlay/streams';
import type { World } from './world.ts';

/** Everything that a topic with one partition holds now, oldest first. */
export async function readTopic(topic: string, world: World): Promise<readonly Message[]> {
  const broker = new Broker(world.servers.kafka.brokers, 'test', makeLogger('test', 'error'));
  await broker.connect();
  const high = (await broker.watermarks(topic)).get(0)?.high ?? 0;
  const messages: Message[] = [];
  const consumer = await broker.consume({
    groupId: `${world.topicPrefix}test-${Date.now()}`,
    sessionMs: 6000,
    topics: [topic],
    isCompressed: true,
    onAssigned: () => {},
    onCrash: (thrown) => {
      throw thrown;
    },
    onBatch: async (batch) => {
      messages.push(...batch.messages);
    },
  });
  while (Number(messages.at(-1)?.offset ?? -1) < high - 1) await sleep(50);
  await consumer.stop();
  await broker.close();
  return messages;
}

interface Piece {
  readonly sequence: number;
  readonly piece: number;
  readonly last: boolean;
  readonly items: readonly unknown[];
}

/**
 * What a reader that drops repeats sees of a dense topic: the text of each sequence's pieces, from 1 without a hole. Throws where the topic
 * is not dense, or where a repeat differs from what it repeats.
 */
export function denseRecords(messages: readonly Message[]): readonly string[] {
  const seen = new Map<string, string>();
  const whole: string[] = [];
  let pieces: string[] = [];
  for (const { value, offset } of messages) {
    const text = value?.toString('utf8', 5) ?? '';
    const { sequence, piece, last } = JSON.parse(text) as Piece;
    const key = `${sequence}/${piece}`;
    const before = seen.get(key);
    if (before !== undefined && before !== text) throw new Error(`offset ${offset} repeats ${key} with other bytes`);
    seen.set(key, text);
    if (sequence <= whole.length) continue;
    if (sequence !== whole.length + 1)
      throw new Error(`offset ${offset} holds sequence ${sequence} after ${whole.length}`);
    if (piece !== pieces.length) continue; // the same piece from a publisher that overlaps
    pieces.push(text);
    if (!last) continue;
    whole.push(pieces.join('\n'));
    pieces = [];
  }
  return whole;
}
