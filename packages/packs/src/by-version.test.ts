import { expect, test } from '@jest/globals';
import type { Decision, Start } from '@overlay/model';
import { foldByPack } from './by-version.ts';

const content = (version: number) => ({
  name: 'tiny',
  version,
  title: 'Tiny',
  timeZone: 'UTC',
  currency: 'EUR',
  openingHours: { default: { open: '00:00', close: '24:00' } },
  tables: {},
  actors: { labels: 'users', columns: [] },
  rules: [],
  detectors: [],
  report: { sections: [] },
});

const inForce = (version: number, fromSequence: number) => ({
  name: 'tiny',
  version,
  fromSequence,
  content: content(version),
});

/** By which version each sequence is read, with versions in force as given. */
function versionsAt(packs: Start<never>['packs'], sequences: readonly number[]) {
  const opened: number[] = [];
  const fold = foldByPack<{ sequence: number }, number, never>((pack) => ({
    open: () => {
      opened.push(pack.version);
      return (): Decision<number, never> => ({ verdict: { kind: 'emit', out: pack.version } });
    },
  }));
  const step = fold.open({ packs } as Start<never>);
  const read = sequences.map((sequence) => {
    const { verdict } = step({ sequence });
    return verdict.kind === 'emit' ? verdict.out : undefined;
  });
  return { read, opened };
}

test('each sequence is read by the version that is in force there, and each version is opened once', () => {
  const packs = [inForce(1, 1), inForce(2, 5), inForce(3, 7)];
  expect(versionsAt(packs, [1, 4, 5, 6, 7, 100])).toEqual({ read: [1, 1, 2, 2, 3, 3], opened: [1, 2, 3] });
  expect(versionsAt(packs, [6, 7])).toEqual({ read: [2, 3], opened: [2, 3] });
});

test('of two versions that came into force at one sequence, the later one counts', () => {
  expect(versionsAt([inForce(1, 1), inForce(2, 5), inForce(3, 5)], [4, 5, 6]).read).toEqual([1, 3, 3]);
});

test('what stands before the first version is read by it; without any nothing can be read', () => {
  expect(versionsAt([inForce(4, 9)], [3, 9]).read).toEqual([4, 4]);
  expect(() => versionsAt([], [1])).toThrow('a pack is in force at sequence 1');
});
