import { expect, test } from '@jest/globals';
import { GtidSet } from '@overlay/model';
import type { BinlogGroup } from '@overlay/mysql';
import fc from 'fast-check';
import { Searching } from './search.ts';

const server = 'bd8b0330-e549-11f1-b8b9-02fc00000001';
const idOf = (number: number): string => `${server}:${number}`;

/** A binary log in which each transaction has rows of the captured database, or of another. */
async function* binlog(captured: readonly boolean[]): AsyncGenerator<BinlogGroup> {
  for (const [at, isCaptured] of captured.entries())
    yield {
      gtid: idOf(at + 1),
      file: 'binlog.000001',
      position: at,
      tables: new Set([isCaptured ? 'shop.sales' : 'other.notes']),
      statement: undefined,
      isPrepared: false,
    };
}

test('what was passed over is a gap, what is behind the last that landed is on its way, what is not captured is neither', async () => {
  const eachFate = fc.array(fc.record({ isCaptured: fc.boolean(), hasLanded: fc.boolean() }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(eachFate, async (fates) => {
      const numbers = fates.map((_, at) => at + 1);
      const setOf = (of: (fate: (typeof fates)[number], number: number) => boolean): GtidSet =>
        GtidSet.parse(
          numbers
            .filter((number, at) => of(fates[at] as (typeof fates)[number], number))
            .map(idOf)
            .join(),
        );
      const landed = setOf(({ hasLanded }) => hasLanded);
      const last = landed.ranges().at(-1)?.last ?? 0;
      const missing = setOf(({ hasLanded }) => !hasLanded);
      const search = new Searching('shop');
      await search.searchFile(binlog(fates.map(({ isCaptured }) => isCaptured)), missing, landed);
      const found = search.end(missing, new GtidSet());
      const open = ({ hasLanded, isCaptured }: (typeof fates)[number]) => !hasLanded && isCaptured;
      expect(String(GtidSet.of(found.passed))).toBe(String(setOf((fate, number) => open(fate) && number < last)));
      expect(String(found.onTheWay)).toBe(String(setOf((fate, number) => open(fate) && number > last)));
      expect(String(GtidSet.of(found.empty))).toBe(String(setOf((fate) => !fate.hasLanded && !fate.isCaptured)));
    }),
  );
});

test('a gap names what landed before it, and what follows each other is one', async () => {
  const search = new Searching('shop');
  const landed = GtidSet.parse(`${server}:1-2:5`);
  const missing = GtidSet.parse(`${server}:3-4`);
  await search.searchFile(binlog([true, true, true, true, true]), missing, landed);
  expect(search.end(missing, new GtidSet()).passed).toEqual([
    { server, first: 3, last: 4, what: 'rows of shop.sales', after: idOf(2) },
  ]);
});

test('a log that is far behind is not searched to its end', async () => {
  const search = new Searching('shop');
  const missing = GtidSet.parse(`${server}:1-30000`);
  let read = 0;
  const counted = async function* () {
    for await (const group of binlog(Array.from({ length: 30_000 }, () => false))) {
      read++;
      yield group;
    }
  };
  await search.searchFile(counted(), missing, new GtidSet());
  expect(read).toBeLessThan(10_010);
  expect(search.end(missing, new GtidSet()).onTheWay.size).toBe(20_000);
});
