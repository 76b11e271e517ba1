import { createHash } from 'node:crypto';
import { changesOf } from '../kit/log.ts';
import { denseRecords, readTopic } from '../kit/topics.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from './checks.ts';

const OPENING = '{"items":[';
const CLOSING = '],"kind":"';

/** The topic of transactions, read as anybody reads it, holds the log up to `last`, byte for byte. */
export async function topicHoldsLog(world: World, last: number): Promise<Findings> {
  const records = denseRecords(await readTopic(`${world.topicPrefix}audit.transactions`, world));
  if (records.length < last) return [`the topic has ${records.length} of ${last} sequences`];
  const logged = Array.from({ length: last }, () => createHash('sha256'));
  for await (const { sequence, body } of changesOf(world.record, world.name, { last }))
    logged[sequence - 1]?.update(`${body},`);
  return logged
    .map((hash, at) => [at + 1, hash.digest('hex'), published(records[at] ?? '')] as const)
    .filter(([, one, other]) => one !== other)
    .slice(0, 5)
    .map(([sequence]) => `sequence ${sequence} has other items on the topic than in the log`);
}

/** A digest over the items of one record, whose pieces are lines. */
function published(record: string): string {
  const hash = createHash('sha256');
  for (const piece of record.split('\n')) {
    const items = piece.slice(OPENING.length, piece.lastIndexOf(CLOSING));
    if (items !== '') hash.update(`${items},`);
  }
  return hash.digest('hex');
}

/** One message of a dense topic, without what it holds. */
export interface PieceSeen {
  readonly sequence: number;
  readonly piece: number;
  readonly isLast: boolean;
  readonly items: number;
}

/** Every message of the topic of transactions, in its order. */
export async function readPieces(world: World): Promise<readonly PieceSeen[]> {
  const messages = await readTopic(`${world.topicPrefix}audit.transactions`, world);
  return messages.map(({ value }) => {
    const text = value?.toString('utf8', 5) ?? '';
    const { sequence, piece, last, items } = JSON.parse(text) as {
      sequence: number;
      piece: number;
      last: boolean;
      items: readonly unknown[];
    };
    return { sequence, piece, isLast: last, items: items.length };
  });
}
