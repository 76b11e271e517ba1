import { EMPTY_ROOT, type Hash, nodeHash } from './merkle.ts';

/**
 * A Merkle tree that grows at its end, as the roots of the complete trees that it consists of, the largest first: as many as its size has bits
 * that are set. That is all that is needed to add leaves and to know the root.
 */
export class CompactRange {
  readonly #nodes: Hash[];
  #size: number;

  /** Goes on from the nodes of a tree of `size` leaves. Throws a RangeError when it has another number of nodes. */
  constructor(size = 0, nodes: readonly Hash[] = []) {
    if (nodes.length !== bitsOf(size)) throw new RangeError(`a tree of ${size} leaves has not ${nodes.length} nodes`);
    this.#nodes = [...nodes];
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get nodes(): readonly Hash[] {
    return this.#nodes;
  }

  push(leaf: Hash): void {
    this.pushTree(leaf, 0);
  }

  /**
   * Adds a complete tree of 2^height leaves by its root. `onTree` is called for it and for each larger one that it completes, the smallest
   * first. Throws a RangeError where such a tree cannot begin.
   */
  pushTree(root: Hash, height: number, onTree?: (root: Hash, height: number) => void): void {
    const leaves = 2 ** height;
    if (this.#size % leaves !== 0) throw new RangeError(`no tree of ${leaves} leaves begins at ${this.#size}`);
    let tree = root;
    let above = this.#size / leaves;
    let at = height;
    onTree?.(tree, at);
    for (; above % 2 === 1; above = (above - 1) / 2) {
      tree = nodeHash(this.#nodes.pop() ?? '', tree);
      at++;
      onTree?.(tree, at);
    }
    this.#nodes.push(tree);
    this.#size += leaves;
  }

  root(): Hash {
    const nodes = this.#nodes;
    let root = nodes.at(-1) ?? EMPTY_ROOT;
    for (let index = nodes.length - 2; index >= 0; index--) root = nodeHash(nodes[index] ?? '', root);
    return root;
  }

  copy(): CompactRange {
    return new CompactRange(this.#size, this.#nodes);
  }
}

function bitsOf(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}
