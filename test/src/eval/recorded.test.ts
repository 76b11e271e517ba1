import { expect, test } from '@jest/globals';
import { loadPack } from '@overlay/packs/load';
import { businessOf, reportOf } from './events.ts';
import { noTally } from './judge.ts';
import { evalRecorded, PACK_DIRECTORY } from './recorded.ts';

async function evaluated(seed: number, days: number, salesPerDay: number) {
  const mistakes: string[] = [];
  const tally = noTally();
  await evalRecorded(businessOf(seed, days, salesPerDay), {
    ...{ pack: await loadPack(PACK_DIRECTORY), tally, complain: (mistake) => mistakes.push(mistake) },
    ...{ tell: () => {}, signal: new AbortController().signal },
  });
  return { ...reportOf(tally), mistakes: mistakes.slice(0, 5) };
}

test('two days: every act gives exactly its events, right in every field, and what means nothing is unexplained', async () => {
  const { passed, figures, mistakes } = await evaluated(1, 2, 300);
  expect(mistakes).toEqual([]);
  expect(figures).toMatchObject({
    precision: 1,
    recall: 1,
    payload_errors: 0,
    unexplained_errors: 0,
    source_errors: 0,
  });
  expect(figures.unexplained_found).toBe(figures.unexplained_expected);
  expect(figures.events).toBeGreaterThan(13_000);
  expect(passed).toBe(true);
});

test('sixty quiet days, in which every act happens', async () => {
  const { passed, figures, mistakes } = await evaluated(1, 60, 15);
  expect(mistakes).toEqual([]);
  expect(Object.keys(figures.acts ?? {})).toHaveLength(16);
  expect(passed).toBe(true);
});
