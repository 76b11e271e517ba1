import { CompactRange } from './compact-range.ts';
import type { Hash } from './merkle.ts';

/** Hashes of a full tile: those of 256 leaves, or of 256 full tiles of the level below (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
/** How many levels of the tree a tile spans. */
const TILE_HEIGHT = 8;

/** A full tile: place `index` of its level. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Hash[];
}

/** Where in the tiles the root of a complete tree is found: over `count` hashes from `from` on of a tile, which may not be full yet. */
export interface TilePart {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly count: number;
}

/** A complete tree: 2^height leaves from `index` times as many on. */
export interface Subtree {
  readonly height: number;
  readonly index: number;
}

export function tilePartOf({ height, index }: Subtree): TilePart {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  return { level, index: Math.floor(first / TILE_WIDTH), from: first % TILE_WIDTH, count };
}

/** A log that is being written: its tree, and what the tiles that are not full yet hold, by level. */
export class TiledLog {
  readonly range: CompactRange;
  readonly partial: readonly (readonly Hash[])[];

  constructor(range = new CompactRange(), partial: readonly (readonly Hash[])[] = []) {
    this.range = range;
    this.partial = partial;
  }

  /** The log with more leaves, and the tiles that they fill. This one stays as it is. */
  append(leaves: readonly Hash[]): { readonly log: TiledLog; readonly tiles: readonly Tile[] } {
    const range = this.range.copy();
    const partial = this.partial.map((hashes) => [...hashes]);
    const tiles: Tile[] = [];
    const onTree = (root: Hash, height: number): void => {
      if (height % TILE_HEIGHT !== 0) return;
      const level = height / TILE_HEIGHT;
      const open = partial[level] ?? [];
      open.push(root);
      partial[level] = open;
      if (open.length < TILE_WIDTH) return;
      const index = Math.floor(range.size / TILE_WIDTH ** (level + 1));
      tiles.push({ level, index, hashes: open });
      partial[level] = [];
    };
    for (const leaf of leaves) range.pushTree(leaf, 0, onTree);
    return { log: new TiledLog(range, partial), tiles };
  }
}
