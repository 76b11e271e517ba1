import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LongItems } from './long-items.ts';

test('whatever is pushed comes out in order, again and again, in memory or not', () => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 60 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 200 }), (wanted, lengthMax) => {
      const items = new LongItems<{ text: string }>(({ text }) => text.length, lengthMax);
      for (const text of wanted) items.push({ text });
      const expected = wanted.map((text) => ({ text }));
      expect(items.length).toBe(expected.length);
      expect([...items]).toEqual(expected);
      expect([...items]).toEqual(expected);
      items.release();
      expect([items.length, [...items]]).toEqual([0, []]);
    }),
  );
});

test('items longer than a read of the file are whole', () => {
  const items = new LongItems<string>((text) => text.length, 1000);
  const wanted = ['ä'.repeat(1_500_000), 'short', '€'.repeat(700_000)];
  for (const text of wanted) items.push(text);
  expect([...items].map((text) => text.length)).toEqual(wanted.map((text) => text.length));
  expect([...items]).toEqual(wanted);
  items.release();
});
