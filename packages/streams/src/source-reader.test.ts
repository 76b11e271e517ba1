import { expect, test } from '@jest/globals';
import { canonicalJson, digest } from '@overlay/evidence';
import { type DenseRecord, type Head, skip, topics, withItems } from '@overlay/model';
import { z } from 'zod';
import { type Arrow, denseInput } from './arrow.ts';
import { frame } from './framing.ts';
import type { Message } from './kafka.ts';
import { piecesOf } from './pieces.ts';
import { SourceReader } from './source-reader.ts';

const Item = z.object({ name: z.string() });
type Item = z.infer<typeof Item>;

const contract = { name: 'audit.things', record: topics.transaction.record.extend({ items: z.array(Item) }) };

/** Counts the items of all records so far, and remembers the sum. */
const arrow: Arrow<DenseRecord<Item>, { sum: number }, number> = {
  stage: 'counter',
  input: denseInput(contract),
  output: contract,
  fold: {
    open:
      ({ recall }) =>
      (record) => {
        const sum = (recall('sum') ?? 0) + record.items.length;
        return { verdict: { kind: 'emit', out: withItems(record, [{ sum }]) }, remember: [['sum', sum]] };
      },
  },
  bodyOf: canonicalJson,
};

const place = { topic: 'audit.things', partition: 0 };

function message(offset: number, sequence: number, names = [`item ${sequence}`]): Message {
  const record = {
    source: 'shop',
    sequence,
    kind: 'transaction' as const,
    transactionId: `t:${sequence}`,
    timestamp: '2026-01-02T03:04:05.000006Z',
  };
  const [text = ''] = piecesOf({
    record: { ...record, items: [] },
    bodies: names.map((name) => canonicalJson({ name })),
  });
  return { offset: String(offset), key: Buffer.from('shop'), value: frame(1, text), timestamp: '1700000000000' };
}

const fresh: Head = {
  stage: 'counter',
  source: 'shop',
  revision: 0,
  landed: 0,
  published: 0,
  position: null,
  gtids: '',
};
const headAt = (landed: number, { offset, key, value }: Message): Head => ({
  ...fresh,
  revision: landed,
  landed,
  position: { ...place, offset, digest: digest(key, value) },
});

/** The same over a topic whose records carry no sequence of ours, as the raw topics are. */
const rawArrow: typeof arrow = { ...arrow, input: { ...arrow.input, isDense: false } };

const open = (head: Head, { low = 0, high = 100, accepted = [] as string[], of = arrow, looksAhead = false } = {}) =>
  new SourceReader(of, { head, memory: new Map(), accepted: new Set(accepted), looksAhead }, place, { low, high });

const outcome = (reader: ReturnType<typeof open>) => outcomeOf(reader, reader.takeLanding());

const outcomeOf = (reader: ReturnType<typeof open>, landing: ReturnType<(typeof reader)['takeLanding']>) => ({
  sums: landing?.records.map(({ record }) => [...record.items][0]?.sum),
  landed: landing?.landed,
  position: landing?.position.offset,
  gap: reader.gap?.code,
});

test('what nothing explains lands with the record that brought it, once', () => {
  const change = (sequence: number) => ({
    source: 'shop',
    sequence,
    timestamp: '2026-01-02T03:04:05.000006Z',
    database: 'shop',
    table: 'things',
    operation: 'UPDATE' as const,
    rows: sequence,
    firstEventId: '0b5f3c4e-5a3b-5c53-9d6e-2f7c4c1d8a90',
  });
  const puzzled: typeof arrow = {
    ...arrow,
    fold: {
      open: (start) => {
        const decide = arrow.fold.open(start);
        return (record) => ({ ...decide(record), unexplained: [change(record.sequence)] });
      },
    },
  };
  const reader = open(fresh, { of: puzzled });
  for (const [offset, sequence] of [
    [0, 1],
    [1, 2],
    [2, 1],
  ] as const)
    reader.take(message(offset, sequence));
  expect(reader.takeLanding()?.unexplained).toEqual([change(1), change(2)]);
  reader.take(message(3, 3));
  expect(reader.takeLanding()?.unexplained).toEqual([change(3)]);
});

test('records are decided on in order, repeats are dropped, and the position is the last record read', () => {
  const reader = open(fresh);
  for (const [offset, sequence] of [
    [0, 1],
    [1, 2],
    [2, 1],
    [3, 2],
    [4, 3],
  ] as const)
    reader.take(message(offset, sequence));
  const landing = reader.takeLanding();
  expect(outcomeOf(reader, landing)).toEqual({ sums: [1, 2, 3], landed: 3, position: '4', gap: undefined });
  expect(landing?.remember.get('sum')).toBe(3);
  expect(reader.takeLanding()).toBeUndefined();
});

test('a jump stops the source before it decides on anything after', () => {
  const reader = open(fresh);
  for (const [offset, sequence] of [
    [0, 1],
    [1, 3],
    [2, 4],
  ] as const)
    reader.take(message(offset, sequence));
  expect(outcome(reader)).toEqual({ sums: [1], landed: 1, position: '0', gap: 'sequence.jump' });
  expect(reader.gap?.subject).toBe('3');
});

test('a jump that a person accepted is no jump any more: the head stands behind it', () => {
  const reader = open({ ...headAt(1, message(0, 1)), landed: 2 });
  for (const [offset, sequence] of [
    [0, 1],
    [1, 3],
  ] as const)
    reader.take(message(offset, sequence));
  expect(outcome(reader)).toMatchObject({ landed: 3, gap: undefined });
});

test('told to look ahead, the reader goes past what jumped to the sequence that was published again', () => {
  const long = ['x', 'y', 'z'];
  const topic = [message(0, 1), message(1, 3), message(2, 4, long), message(3, 2), message(4, 3), message(5, 4, long)];
  const reader = open(headAt(1, message(0, 1)), { high: 6, looksAhead: true });
  for (const each of topic) reader.take(each);
  expect(outcome(reader)).toEqual({ sums: [1, 2, 5], landed: 4, position: '5', gap: undefined });
});

test('looking ahead in vain ends at the same jump, and the position stays before it', () => {
  const reader = open(headAt(1, message(0, 1)), { high: 3, looksAhead: true });
  for (const each of [message(0, 1), message(1, 3), message(2, 4)]) reader.take(each);
  expect([reader.gap, reader.takeLanding()]).toEqual([undefined, undefined]);
  reader.saw(2);
  expect([reader.gap?.code, reader.gap?.subject, reader.takeLanding()]).toEqual(['sequence.jump', '3', undefined]);
});

test('reading goes on only after the record at the stored position, and only if it is still the same', () => {
  const same = open(headAt(2, message(5, 2)));
  expect(same.nextOffset).toBe(5);
  for (const [offset, sequence] of [
    [5, 2],
    [6, 3],
  ] as const)
    same.take(message(offset, sequence));
  expect(outcome(same)).toMatchObject({ landed: 3, gap: undefined });

  const other = open(headAt(2, message(5, 2)));
  other.take(message(5, 2, ['something else']));
  expect(outcome(other)).toMatchObject({ gap: 'topic.recreated' });
});

test('a topic that ends before the stored position was re-created; one that begins after it has lost records', () => {
  expect(open(headAt(2, message(5, 2)), { high: 5 }).gap?.code).toBe('topic.recreated');
  const lost = open(headAt(2, message(5, 2)), { low: 7, of: rawArrow });
  expect(lost.gap?.code).toBe('topic.records_lost');
  const accepted = open(headAt(2, message(5, 2)), { low: 7, of: rawArrow, accepted: [lost.gap?.subject ?? ''] });
  expect([accepted.gap, accepted.nextOffset]).toEqual([undefined, 7]);
});

test('where records carry sequences, deleted ones are judged by those: a partition can hold several sources', () => {
  const reader = open(headAt(2, message(5, 2)), { low: 7 });
  expect([reader.gap, reader.nextOffset]).toEqual([undefined, 7]);
  reader.take(message(7, 3));
  expect(outcome(reader)).toMatchObject({ landed: 3, gap: undefined });
});

test('a re-created topic that a person accepted is read from its oldest record on', () => {
  const stop = open(headAt(2, message(5, 2)));
  stop.take(message(5, 9, ['something else']));
  const reader = open(headAt(2, message(5, 2)), { accepted: [stop.gap?.subject ?? ''] });
  expect(reader.nextOffset).toBe(0);
  for (const [offset, sequence] of [
    [0, 2],
    [1, 3],
  ] as const)
    reader.take(message(offset, sequence));
  expect(outcome(reader)).toMatchObject({ landed: 3, position: '1', gap: undefined });
});

test('a topic whose read records were all deleted has lost nothing', () => {
  const reader = open(headAt(2, message(5, 2)), { low: 6, high: 6 });
  expect([reader.gap, reader.nextOffset]).toEqual([undefined, 6]);
});

test('offsets that go back under our feet ask for a new beginning', () => {
  const reader = open(fresh);
  reader.take(message(3, 1));
  reader.take(message(0, 2));
  expect([reader.isLost, outcome(reader).landed]).toEqual([true, 1]);
});

test('what cannot be read is a dead letter, and the source stops before it until a person accepts', () => {
  const broken = { ...message(1, 2), value: frame(1, '{"items":[{"name":"secret"}],"kind":"nonsense"}') };
  const reader = open(fresh);
  for (const each of [message(0, 1), broken, message(2, 2)]) reader.take(each);
  const landing = reader.takeLanding();
  const [letter] = landing?.deadLetters ?? [];
  expect([letter?.fault.code, letter?.offset, letter?.value]).toEqual(['record.unreadable', '1', broken.value]);
  expect(letter?.fault.detail).not.toContain('secret');
  expect(outcomeOf(reader, landing)).toMatchObject({ landed: 1, position: '0', gap: 'record.unreadable' });

  const accepted = open(headAt(1, message(0, 1)), { accepted: [reader.gap?.subject ?? ''] });
  for (const each of [message(0, 1), { ...broken, value: Buffer.from('no frame') }, message(2, 2)]) accepted.take(each);
  expect(outcome(accepted)).toMatchObject({ landed: 2, position: '2', gap: undefined });
});

test('batching does not matter: landing after every record or once gives the same', () => {
  const messages = [1, 2, 3, 4].map((sequence) => message(sequence, sequence));
  const once = open(fresh);
  for (const each of messages) once.take(each);
  let head = fresh;
  const bodies: string[] = [];
  const stepwise = open(fresh);
  for (const each of messages) {
    stepwise.take(each);
    const landing = stepwise.takeLanding();
    bodies.push(...(landing?.records ?? []).flatMap(({ bodies }) => [...bodies]));
    head = { ...head, revision: head.revision + 1, landed: landing?.landed ?? 0, position: landing?.position ?? null };
    stepwise.landed(head);
  }
  expect(once.takeLanding()?.records.flatMap(({ bodies }) => [...bodies])).toEqual(bodies);
  expect(stepwise.takeLanding()).toBeUndefined();
});

test('a decision that takes several steps holds back its own record, and what was decided before lands meanwhile', () => {
  const STEPS = 3;
  const slow: typeof arrow = {
    ...arrow,
    fold: {
      open: (start) => {
        const decide = arrow.fold.open(start);
        let steps = 0;
        return (record) => {
          const isDone = record.items.length < 2 || ++steps === STEPS;
          return isDone ? decide(record) : { verdict: skip('under way'), isUnderWay: true };
        };
      },
    },
  };
  const reader = open(fresh, { of: slow });
  reader.take(message(0, 1));
  reader.take(message(1, 2, ['x', 'y']));
  expect([reader.needs !== undefined, reader.nextOffset]).toEqual([true, 1]);
  expect(outcome(reader)).toEqual({ sums: [1], landed: 1, position: '0', gap: undefined });
  for (let step = 1; step < STEPS; step++) {
    expect(reader.needs !== undefined).toBe(true);
    reader.goOn();
  }
  expect([reader.needs !== undefined, reader.nextOffset]).toEqual([false, 2]);
  expect(outcome(reader)).toEqual({ sums: [3], landed: 2, position: '1', gap: undefined });
});
