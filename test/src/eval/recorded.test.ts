import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readScenario } from '@overlay/generator';
import { loadPack } from '@overlay/packs/load';
import { noTally } from './judge.ts';
import { evalRecorded, PACK_DIRECTORY } from './recorded.ts';

const EVENTFUL = join(import.meta.dirname, '..', '..', '..', 'generator', 'scenarios', 'eventful.yaml');
const UNTIL_US = Date.UTC(2026, 1, 1, 5) * 1000;

async function evaluated(days: number, salesPerDay: number) {
  const [tally, mistakes] = [noTally(), [] as string[]];
  const business = { scenario: readScenario(EVENTFUL, { seed: '1', days, salesPerDay }), until_us: UNTIL_US };
  const pack = await loadPack(PACK_DIRECTORY);
  evalRecorded(business, { pack, tally, complain: (mistake) => mistakes.push(mistake), tell: () => {} });
  return { tally, mistakes };
}

test('two days: every act gives exactly its events, right in every field, and what means nothing is unexplained', async () => {
  const { tally, mistakes } = await evaluated(2, 300);
  expect(mistakes.slice(0, 5)).toEqual([]);
  expect(tally.found).toBeGreaterThan(3000);
  expect([tally.matched, tally.matched, tally.unexplained_found]).toEqual([
    tally.expected,
    tally.found,
    tally.unexplained_expected,
  ]);
});

test('sixty quiet days, in which every act happens', async () => {
  const { tally, mistakes } = await evaluated(60, 15);
  expect(mistakes.slice(0, 5)).toEqual([]);
  expect(Object.keys(tally.actsByName)).toHaveLength(16);
});
