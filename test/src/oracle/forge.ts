import { rawTopic } from '@overlay/model';
import { describeRaw, type RawMessage } from '../kit/raw.ts';
import { readTopic } from '../kit/topics.ts';
import type { World } from '../kit/world.ts';

/** No server has this id, so what carries it is known for a forgery. */
const SERVER = '00000000-1111-2222-3333-444444444444';

export const forgedGtid = (number: number): string => `${SERVER}:${number}`;
export const isForged = (gtid: string | undefined): boolean => gtid?.startsWith(SERVER) === true;

/** Raw records of a transaction under another GTID: nobody can tell it from one that the connector wrote. */
export function forge(messages: readonly RawMessage[], number: number): readonly string[] {
  const own = messages[0]?.gtid ?? '';
  return messages.map(({ text }) => text.replaceAll(own, forgedGtid(number)));
}

/** The transactions that a raw topic holds, each from BEGIN to END, with a number of rows between two bounds. */
export async function rawTransactions(
  world: World,
  rowsMin: number,
  rowsMax: number,
): Promise<readonly (readonly RawMessage[])[]> {
  const messages = (await readTopic(rawTopic(world.name), world))
    .map(describeRaw)
    .filter(({ kind }) => kind !== 'other');
  return [...Map.groupBy(messages, ({ gtid }) => gtid).values()].filter(
    (one) =>
      one.at(0)?.kind === 'begin' &&
      one.at(-1)?.kind === 'end' &&
      one.length >= rowsMin + 2 &&
      one.length <= rowsMax + 2,
  );
}
