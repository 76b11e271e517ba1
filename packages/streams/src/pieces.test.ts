import { expect, test } from '@jest/globals';
import { canonicalJson } from '@overlay/evidence';
import fc from 'fast-check';
import { makeJoin, type Piece, piecesOf } from './pieces.ts';

const inMemory = <Item>(): Item[] => [];

const record = {
  source: 'shop',
  sequence: 7,
  kind: 'transaction' as const,
  transactionId: 'abc:7',
  timestamp: '2026-01-02T03:04:05.000006Z',
};

const bodiesOf = (sizes: readonly number[]): string[] =>
  sizes.map((size, index) => canonicalJson({ index, text: 'x'.repeat(size) }));

test('a small record is one piece: the canonical JSON of its contract', () => {
  const [text, ...more] = piecesOf({ record: { ...record, items: [] }, bodies: ['{"a":1}', '{"b":2}'] });
  expect(more).toEqual([]);
  expect(text).toBe(canonicalJson({ ...record, items: [{ a: 1 }, { b: 2 }], piece: 0, last: true }));
});

test('a record without items is still a record', () => {
  expect([...piecesOf({ record: { ...record, items: [] }, bodies: [] })]).toHaveLength(1);
});

test('any record survives being cut into pieces, published twice after a death at any place, and joined', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(300_000)), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.nat({ max: 12 }), (wanted, died) => {
      const bodies = bodiesOf(wanted);
      const pieces = [...piecesOf({ record: { ...record, items: [] }, bodies })];
      const join = makeJoin<unknown>(inMemory);
      const read = [...pieces.slice(0, Math.min(died, pieces.length - 1)), ...pieces].map((text) =>
        join(JSON.parse(text) as Piece<unknown>),
      );
      const whole = read.filter((one) => typeof one !== 'string');
      expect(whole).toEqual([{ ...record, items: bodies.map((body) => JSON.parse(body)) }]);
    }),
  );
});

test('a piece in the middle without those before it is no record', () => {
  const pieces = [...piecesOf({ record: { ...record, items: [] }, bodies: bodiesOf([300_000, 300_000, 300_000]) })];
  const join = makeJoin<unknown>(inMemory);
  expect(pieces.slice(1).map((text) => join(JSON.parse(text) as Piece<unknown>))).toEqual(
    pieces.slice(1).map(() => 'partial'),
  );
});

test('two publishers that overlap in any way leave every record readable, once and in order', () => {
  const publisherOf = (from: number) =>
    [6, 7, 8, 9]
      .filter((sequence) => sequence >= from)
      .flatMap((sequence) => [
        ...piecesOf({ record: { ...record, sequence, items: [] }, bodies: bodiesOf([300_000, 1, 300_000, sequence]) }),
      ]);
  // Each publisher keeps its own order, and a late one repeats only what an earlier one has already begun to publish.
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 9 }), fc.infiniteStream(fc.boolean()), (from, turns) => {
      const [first, second] = [publisherOf(6), publisherOf(from)];
      const topic: string[] = [];
      const until = first.indexOf(second[0] ?? '');
      topic.push(...first.splice(0, until + 1));
      for (const isSecond of turns) {
        const from = isSecond && second.length > 0 ? second : first;
        const text = from.shift() ?? second.shift();
        if (text === undefined) break;
        topic.push(text);
      }
      const join = makeJoin<unknown>(inMemory);
      const sequences = topic
        .map((text) => join(JSON.parse(text) as Piece<unknown>))
        .flatMap((one) => (typeof one === 'string' ? [] : [one.sequence]));
      expect(sequences).toEqual([6, 7, 8, 9]);
    }),
  );
});
