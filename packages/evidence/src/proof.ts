import { CompactRange } from './compact-range.ts';
import { EMPTY_ROOT, type Hash, nodeHash } from './merkle.ts';
import type { Subtree } from './tile.ts';

/** Leaves from `from` on, up to before `to`. A hash of a proof is the root over one such stretch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Gives the roots of complete trees, in the order in which they are asked for. */
export type ReadRoots = (trees: readonly Subtree[]) => Promise<readonly Hash[]>;

/** The hashes that prove that leaf `index` is in the tree of `size` leaves (RFC 6962, 2.1.1). */
export const proveInclusion = (index: number, size: number, read: ReadRoots): Promise<readonly Hash[]> =>
  rootsOf(inclusionPath(index, { from: 0, to: size }), read);

/** The hashes that prove that the tree of `size` leaves begins with that of `oldSize` (RFC 6962, 2.1.2); none when there is nothing to prove. */
export const proveConsistency = (oldSize: number, size: number, read: ReadRoots): Promise<readonly Hash[]> =>
  rootsOf(oldSize === 0 || oldSize === size ? [] : consistencyPath(oldSize, { from: 0, to: size }, true), read);

function inclusionPath(index: number, { from, to }: Stretch): Stretch[] {
  if (to - from <= 1) return [];
  const middle = from + splitOf(to - from);
  const [left, right] = [
    { from, to: middle },
    { from: middle, to },
  ];
  return index < middle ? [...inclusionPath(index, left), right] : [...inclusionPath(index, right), left];
}

function consistencyPath(size: number, whole: Stretch, isKnown: boolean): Stretch[] {
  const { from, to } = whole;
  if (size === to) return isKnown ? [] : [whole];
  const middle = from + splitOf(to - from);
  return size <= middle
    ? [...consistencyPath(size, { from, to: middle }, isKnown), { from: middle, to }]
    : [...consistencyPath(size, { from: middle, to }, false), { from, to: middle }];
}

/** The largest power of two that is less than a number of leaves. */
function splitOf(leaves: number): number {
  let split = 1;
  while (split * 2 < leaves) split *= 2;
  return split;
}

/** The complete trees that a stretch consists of, the leftmost first. */
function subtreesOf({ from, to }: Stretch): Subtree[] {
  const trees: Subtree[] = [];
  for (let at = from; at < to; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height++;
    trees.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return trees;
}

async function rootsOf(stretches: readonly Stretch[], read: ReadRoots): Promise<readonly Hash[]> {
  const trees = stretches.map(subtreesOf);
  const roots = [...(await read(trees.flat()))];
  return trees.map((some) => roots.splice(0, some.length).reduceRight((right, left) => nodeHash(left, right)));
}

/** The tree of the first `size` leaves of a log that holds more. */
export async function rangeAt(size: number, read: ReadRoots): Promise<CompactRange> {
  return new CompactRange(size, await read(subtreesOf({ from: 0, to: size })));
}

/** A tree by its size and root. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

/** Whether a proof shows that `leaf` is leaf `index` of the tree. */
export function includes(
  { index, size, root }: TreeHead & { readonly index: number },
  leaf: Hash,
  proof: readonly Hash[],
): boolean {
  if (!(Number.isInteger(index) && index >= 0 && index < size)) return false;
  return inclusionRoot(index, { from: 0, to: size }, leaf, proof) === root;
}

/** The root that a path leads to; undefined when it has not as many hashes as it must have. */
function inclusionRoot(index: number, { from, to }: Stretch, leaf: Hash, proof: readonly Hash[]): Hash | undefined {
  const sibling = proof.at(-1);
  if (to - from === 1) return proof.length === 0 ? leaf : undefined;
  if (sibling === undefined) return undefined;
  const middle = from + splitOf(to - from);
  const isLeft = index < middle;
  const below = inclusionRoot(index, isLeft ? { from, to: middle } : { from: middle, to }, leaf, proof.slice(0, -1));
  if (below === undefined) return undefined;
  return isLeft ? nodeHash(below, sibling) : nodeHash(sibling, below);
}

/** Whether a proof shows that the newer tree begins with the older one. Every tree begins with the empty one. */
export function isConsistent(older: TreeHead, newer: TreeHead, proof: readonly Hash[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root === newer.root;
  if (older.size === 0) return proof.length === 0 && older.root === EMPTY_ROOT;
  const roots = consistentRoots(older, { from: 0, to: newer.size }, proof);
  return roots !== undefined && roots[0] === older.root && roots[1] === newer.root;
}

/** The roots of the older and of the newer tree that a proof leads to, within a stretch that the older one ends in. */
function consistentRoots(
  older: TreeHead,
  { from, to }: Stretch,
  proof: readonly Hash[],
): readonly [Hash, Hash] | undefined {
  const sibling = proof.at(-1);
  // Where the older tree ends: the root of all of it is known, that of its last part is the proof's first hash.
  if (older.size === to && from === 0) return proof.length === 0 ? [older.root, older.root] : undefined;
  if (sibling === undefined) return undefined;
  if (older.size === to) return proof.length === 1 ? [sibling, sibling] : undefined;
  const middle = from + splitOf(to - from);
  const isLeft = older.size <= middle;
  const below = consistentRoots(older, isLeft ? { from, to: middle } : { from: middle, to }, proof.slice(0, -1));
  if (!below) return undefined;
  const [oldRoot, newRoot] = below;
  return isLeft ? [oldRoot, nodeHash(newRoot, sibling)] : [nodeHash(sibling, oldRoot), nodeHash(sibling, newRoot)];
}
