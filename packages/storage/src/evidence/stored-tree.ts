import { CompactRange, type Hash, rootOf, TILE_WIDTH, TiledLog, unpackHashes } from '@overlay/evidence';
import { Trouble } from '@overlay/runtime';
import type { ClientBase } from 'pg';

/** The evidence log of a source as its head has it. */
export interface StoredTree {
  readonly source: string;
  /** The last sequence that landed. */
  readonly landed: number;
  /** Number of leaves; the last one is that of `landed`. */
  readonly size: number;
  readonly frontier: Uint8Array;
}

/**
 * The tree that goes on where the head stands: its frontier, and from leaves and full tiles what the next tiles begin with. Throws the trouble
 * `evidence.broken` when they do not give that frontier.
 */
export async function readTiledLog(
  client: ClientBase,
  { source, landed, size, frontier }: StoredTree,
): Promise<TiledLog> {
  const partial: Hash[][] = [await readLastLeaves(client, source, landed, size % TILE_WIDTH)];
  for (let full = Math.floor(size / TILE_WIDTH), level = 0; full > 0; full = Math.floor(full / TILE_WIDTH), level++)
    partial.push(await readTileRoots(client, source, level, full));
  const found = new CompactRange();
  try {
    for (let level = partial.length - 1; level >= 0; level--)
      for (const hash of partial[level] ?? []) found.pushTree(hash, level * Math.log2(TILE_WIDTH));
    const range = new CompactRange(size, unpackHashes(frontier));
    if (found.size === size && found.root() === range.root()) return new TiledLog(range, partial);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  throw new Trouble('evidence.broken', `the leaves and tiles of ${source} do not give its frontier of ${size} leaves`);
}

async function readLastLeaves(client: ClientBase, source: string, landed: number, count: number): Promise<Hash[]> {
  const { rows } = await client.query<{ leaf: Buffer | null }>(
    'select leaf from audit.transactions where source = $1 and sequence > $2 and sequence <= $3 order by sequence',
    [source, landed - count, landed],
  );
  return rows.map(({ leaf }) => leaf?.toString('latin1') ?? '');
}

/** The roots of the full tiles of a level that no full tile above holds yet. */
async function readTileRoots(client: ClientBase, source: string, level: number, full: number): Promise<Hash[]> {
  const { rows } = await client.query<{ hashes: Buffer }>(
    'select hashes from audit.evidence_tiles where source = $1 and level = $2 and tile >= $3 and tile < $4 order by tile',
    [source, level, full - (full % TILE_WIDTH), full],
  );
  return rows.map(({ hashes }) => rootOf(unpackHashes(hashes)));
}
