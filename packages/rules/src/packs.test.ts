import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventTypesOf } from '@overlay/packs';
import { loadExamples, loadPack } from '@overlay/packs/load';
import { runExamples } from './examples.ts';
import { identify } from './testing/rows.ts';

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
