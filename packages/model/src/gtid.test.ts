import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GtidSet } from './gtid.ts';

const uuid = 'bd8b0330-e549-11f1-b8b9-02fc00000001';

test('a set grows, joins neighbours and keeps its text form', () => {
  const set = GtidSet.parse(`${uuid}:1-5:7`);
  expect(set.has(`${uuid}:6`)).toBe(false);
  set.add(`${uuid}:6`);
  expect(set.toString()).toBe(`${uuid}:1-7`);
  set.add(`${uuid}:tag:1`);
  expect(set.toString()).toBe(`${uuid}:1-7,${uuid}:tag:1`);
  expect(GtidSet.parse(set.toString()).has(`${uuid}:tag:1`)).toBe(true);
});

test('text that is no GTID set is refused with the part that is wrong', () => {
  expect(() => GtidSet.parse(`${uuid}:1-x`)).toThrow(/'1-x' is neither/);
  expect(() => new GtidSet().add('nonsense')).toThrow(/not a GTID/);
});

test('whatever the order of arrival, the set holds just what was added, and its text is the same', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 50 }), (numbers) => {
      const set = new GtidSet();
      for (const number of numbers) set.add(`${uuid}:${number}`);
      const sorted = new GtidSet();
      for (const number of numbers.toSorted((a, b) => a - b)) sorted.add(`${uuid}:${number}`);
      expect(set.toString()).toBe(sorted.toString());
      expect(GtidSet.parse(set.toString()).toString()).toBe(set.toString());
      for (let number = 1; number <= 60; number++) expect(set.has(`${uuid}:${number}`)).toBe(numbers.includes(number));
    }),
  );
});

test('sums, differences and what is common are those of the sets of numbers', () => {
  const other = 'ce9c0441-e549-11f1-b8b9-02fc00000002';
  const anySet = fc.uniqueArray(
    fc.tuple(fc.constantFrom(uuid, `${uuid}:tag`, other), fc.integer({ min: 1, max: 30 })),
    {
      maxLength: 40,
      selector: ([server, number]) => `${server}:${number}`,
    },
  );
  const setOf = (members: readonly (readonly [string, number])[]): GtidSet => {
    const set = new GtidSet();
    for (const [server, number] of members) set.add(`${server}:${number}`);
    return set;
  };
  fc.assert(
    fc.property(anySet, anySet, (some, others) => {
      const [a, b] = [setOf(some), setOf(others)];
      const has = ([server, number]: readonly [string, number]): boolean => b.has(`${server}:${number}`);
      expect(a.minus(b).toString()).toBe(setOf(some.filter((one) => !has(one))).toString());
      expect(a.and(b).toString()).toBe(setOf(some.filter(has)).toString());
      expect(a.plus(b).toString()).toBe(setOf([...some, ...others]).toString());
      expect(a.size).toBe(some.length);
      expect(a.isEmpty).toBe(some.length === 0);
      expect(a.plus(new GtidSet()).ranges()).toEqual(GtidSet.parse(a.toString()).ranges());
    }),
  );
});
