import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { identify } from '@overlay/model/testing';
import { type ExampleFile, eventTypesOf } from '@overlay/packs';
import { loadExamples, loadPack } from '@overlay/packs/load';
import fc from 'fast-check';
import { runExamples } from './examples.ts';

const packs = join(import.meta.dirname, '../../../packs');
const names = readdirSync(packs, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

test.each(names)('the examples of %s come out as they say, and every rule has one', async (name) => {
  const folder = join(packs, name);
  const { outcomes, rulesWithoutExample } = runExamples(await loadPack(folder), await loadExamples(folder), identify);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(outcomes.filter(({ differences }) => differences.length > 0)).toEqual([]);
  expect(rulesWithoutExample).toEqual([]);
});

test.each(names)('%s says of every field of its events what it is', async (name) => {
  for (const { type, fields } of eventTypesOf(await loadPack(join(packs, name))))
    for (const field of fields) expect({ event: type, ...field }).toMatchObject({ comment: expect.any(String) });
});

test.each(names)('rows of a transaction may come in any order: the examples of %s still hold', async (name) => {
  const folder = join(packs, name);
  const [pack, files] = [await loadPack(folder), await loadExamples(folder)];
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (chance) => {
      const { outcomes } = runExamples(
        pack,
        files.map((file) => shuffled(file, chance)),
        identify,
      );
      // Lists in a payload follow their rows.
      const differences = outcomes.flatMap((outcome) =>
        outcome.differences.filter((each) => !each.includes('payload.items')),
      );
      expect(differences).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

function shuffled(file: ExampleFile, chance: Iterator<number>): ExampleFile {
  const shuffle = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, at: chance.next().value as number }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  const transactions = (given: ExampleFile['given']) => given.map((one) => ({ ...one, rows: shuffle(one.rows) }));
  return {
    given: transactions(file.given),
    examples: file.examples.map((example) => ({ ...example, given: transactions(example.given) })),
  };
}
