import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange } from './compact-range.ts';
import { type Hash, leafHash, nodeHash, packHashes, rootOf, unpackHashes } from './merkle.ts';
import { includes, isConsistent, proveConsistency, proveInclusion, type ReadRoots, rangeAt } from './proof.ts';
import { TILE_WIDTH, type Tile, TiledLog, tilePartOf } from './tile.ts';

/** Entries and roots of the reference tests of Certificate Transparency, in hexadecimal. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leavesOf = (count: number): Hash[] => Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`));

/** The definition of RFC 6962, 2.1, word by word. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length <= 1) return leaves[0] ?? rootOf([]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** Roots of complete trees from the leaves themselves. */
const reading =
  (leaves: readonly Hash[]): ReadRoots =>
  async (trees) =>
    trees.map(({ height, index }) => naiveRoot(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height)));

/** Roots of complete trees from tiles, and from those that are not full yet. */
function readingTiles(log: TiledLog, tiles: readonly Tile[]): ReadRoots {
  return async (trees) =>
    trees.map((tree) => {
      const { level, index, from, count } = tilePartOf(tree);
      const full = tiles.find((tile) => tile.level === level && tile.index === index);
      const hashes = full?.hashes ?? log.partial[level] ?? [];
      expect(hashes.length).toBeGreaterThanOrEqual(from + count);
      return rootOf(hashes.slice(from, from + count));
    });
}

test('roots are those of the reference tests of Certificate Transparency', () => {
  const range = new CompactRange();
  const leaves = ENTRIES.map((entry) => leafHash(Buffer.from(entry, 'hex')));
  for (let size = 0; size <= leaves.length; size++) {
    const expected = Buffer.from(ROOTS[size] ?? '', 'hex').toString('latin1');
    expect(rootOf(leaves.slice(0, size))).toBe(expected);
    expect(range.root()).toBe(expected);
    if (size < leaves.length) range.push(leaves[size] ?? '');
  }
});

test('a tree that grows in any steps, also from its stored nodes, is the tree of all leaves', () => {
  fc.assert(
    fc.property(fc.nat(700), fc.nat(700), (first, more) => {
      const leaves = leavesOf(first + more);
      const begun = new CompactRange();
      for (const leaf of leaves.slice(0, first)) begun.push(leaf);
      const range = new CompactRange(first, unpackHashes(packHashes(begun.nodes)));
      for (const leaf of leaves.slice(first)) range.push(leaf);
      expect([range.size, range.root()]).toEqual([leaves.length, naiveRoot(leaves)]);
      expect(begun.root()).toBe(naiveRoot(leaves.slice(0, first)));
    }),
  );
});

test('tiles hold the tree, however it was appended to', async () => {
  const leaves = leavesOf(2 * TILE_WIDTH ** 2 + 700);
  let log = new TiledLog();
  const tiles: Tile[] = [];
  for (let at = 0, step = 1; at < leaves.length; at += step, step = (step * 7) % 1013) {
    const appended = log.append(leaves.slice(at, at + step));
    tiles.push(...appended.tiles);
    log = appended.log;
  }
  expect(tiles.filter(({ level }) => level === 0).map(({ index }) => index)).toEqual([...Array(514).keys()]);
  expect(tiles.filter(({ level }) => level === 1).map(({ index }) => index)).toEqual([0, 1]);
  expect(tiles.every(({ hashes }) => hashes.length === TILE_WIDTH)).toBe(true);
  for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, leaves.length])
    expect((await rangeAt(size, readingTiles(log, tiles))).root()).toBe(rootOf(leaves.slice(0, size)));
  const read = readingTiles(log, tiles);
  const head = { size: leaves.length, root: log.range.root() };
  for (const index of [0, 255, 256, 70_000, leaves.length - 1])
    expect(includes({ ...head, index }, leaves[index] ?? '', await proveInclusion(index, head.size, read))).toBe(true);
});

const flipped = (hash: Hash): Hash => String.fromCharCode(hash.charCodeAt(0) ^ 1) + hash.slice(1);

test('a proof of inclusion holds for its leaf alone, and not when anything of it is other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), async (size, place, other) => {
      const leaves = leavesOf(size);
      const index = place % size;
      const leaf = leaves[index] ?? '';
      const head = { index, size, root: naiveRoot(leaves) };
      const proof = await proveInclusion(index, size, reading(leaves));
      expect(includes(head, leaf, proof)).toBe(true);
      expect(includes(head, flipped(leaf), proof)).toBe(false);
      expect(includes({ ...head, root: flipped(head.root) }, leaf, proof)).toBe(false);
      expect(includes(head, leaf, [...proof, leaf])).toBe(false);
      if (other % size !== index) expect(includes({ ...head, index: other % size }, leaf, proof)).toBe(false);
      if (proof.length === 0) return;
      expect(includes(head, leaf, proof.slice(1))).toBe(false);
      expect(includes(head, leaf, proof.with(other % proof.length, flipped(proof[other % proof.length] ?? '')))).toBe(
        false,
      );
    }),
  );
});

test('a proof of consistency holds for its two trees alone, and not when anything of it is other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), async (size, place, other) => {
      const leaves = leavesOf(size);
      const newer = { size, root: naiveRoot(leaves) };
      const older = { size: place % (size + 1), root: naiveRoot(leaves.slice(0, place % (size + 1))) };
      const proof = await proveConsistency(older.size, size, reading(leaves));
      expect(isConsistent(older, newer, proof)).toBe(true);
      if (older.size > 0) expect(isConsistent({ ...older, root: flipped(older.root) }, newer, proof)).toBe(false);
      if (older.size > 0) expect(isConsistent(older, { ...newer, root: flipped(newer.root) }, proof)).toBe(false);
      expect(isConsistent(older, newer, [...proof, older.root])).toBe(false);
      if (proof.length === 0) return;
      expect(isConsistent(older, newer, proof.slice(1))).toBe(false);
      expect(
        isConsistent(older, newer, proof.with(other % proof.length, flipped(proof[other % proof.length] ?? ''))),
      ).toBe(false);
    }),
  );
});
