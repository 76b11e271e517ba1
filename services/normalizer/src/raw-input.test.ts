import { expect, test } from '@jest/globals';
import { makeRawInput } from './raw-input.ts';

/** A value that is framed with the id of a schema. */
const framed = (id: number): Buffer => Buffer.from([0, 0, 0, 0, id, 0]);

/** An input that keeps three readers, and the ids of the schemas that it asked for. */
function openInput() {
  const asked: number[] = [];
  const registry = {
    knows: async () => true,
    avroSchema: async (id: number) => {
      asked.push(id);
      return '"string"';
    },
  };
  const input = makeRawInput(3);
  const decode = input.open(
    <Item>(): Item[] => [],
    () => false,
  );
  const messageOf = (id: number) => ({ offset: '0', key: null, value: framed(id), timestamp: '0' });
  return {
    asked,
    prepare: async (...ids: number[]) => input.prepare?.(registry, ids.map(messageOf)),
    /** What is said of a value of that schema. */
    read: (id: number) => JSON.stringify(decode(messageOf(id))),
  };
}

test('of too many schemas, the reader that was used longest ago is let go, and no other', async () => {
  const { asked, prepare, read } = openInput();
  await prepare(1, 2, 3);
  await prepare(1);
  await prepare(4);
  expect(asked).toEqual([1, 2, 3, 4]);
  for (const id of [1, 3, 4]) expect(read(id)).not.toContain('the registry has no');
  expect(read(2)).toContain('the registry has no Avro schema 2');
  await prepare(3, 4, 1);
  expect(asked).toEqual([1, 2, 3, 4]);
});

test('a batch with more schemas than are kept is read all the same', async () => {
  const { prepare, read } = openInput();
  await prepare(1, 2, 3, 4, 5);
  for (const id of [1, 2, 3, 4, 5]) expect(read(id)).not.toContain('the registry has no');
});
