import { type Hash, type ReadRoots, rootOf, TILE_WIDTH, tilePartOf } from '@overlay/evidence';
import type { Database } from '../database.ts';
import { type LogHead, storedHashes } from './log-heads.ts';
import { rowsOf } from './log-rows.ts';

/** Reads roots of complete trees from the stored leaves and tiles of a log. They are not to be believed: a root or a proof shows what they are. */
export function makeReadRoots(database: Database, { source, first, size }: LogHead): ReadRoots {
  const known = new Map<string, Promise<readonly Hash[]>>();
  const hashesOf = (level: number, tile: number): Promise<readonly Hash[]> => {
    const key = `${level}/${tile}`;
    const found = known.get(key) ?? read(level, tile);
    known.set(key, found);
    return found;
  };
  const read = async (level: number, tile: number): Promise<readonly Hash[]> => {
    const [row] = await database.query<{ hashes: Buffer }>(
      'select hashes from audit.evidence_tiles where source = $1 and level = $2 and tile = $3',
      [source, level, tile],
    );
    if (row) return storedHashes(row.hashes);
    return level === 0 ? readLeaves(tile) : readRootsBelow(level, tile);
  };
  const readLeaves = async (tile: number): Promise<readonly Hash[]> => {
    const rows = await database.query<{ leaf: Buffer | null }>(rowsOf(source).leaves, [
      source,
      first + tile * TILE_WIDTH,
      first + Math.min(size, (tile + 1) * TILE_WIDTH) - 1,
    ]);
    return rows.map(({ leaf }) => leaf?.toString('latin1') ?? '');
  };
  /** Of a tile that is not full: the roots of the full ones below. */
  const readRootsBelow = async (level: number, tile: number): Promise<readonly Hash[]> => {
    const full = Math.floor(size / TILE_WIDTH ** level);
    const below = Array.from({ length: Math.max(0, full - tile * TILE_WIDTH) }, (_, at) => tile * TILE_WIDTH + at);
    return Promise.all(below.map(async (at) => rootOf(await hashesOf(level - 1, at))));
  };
  return (trees) =>
    Promise.all(
      trees.map(async (tree) => {
        const { level, index, from, count } = tilePartOf(tree);
        return rootOf((await hashesOf(level, index)).slice(from, from + count));
      }),
    );
}
