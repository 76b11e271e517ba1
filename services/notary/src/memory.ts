import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { CompactRange, HASH_BYTES, type Hash, packHashes, TILE_WIDTH, unpackHashes } from '@overlay/evidence';
import { Misconfigured } from '@overlay/runtime';
import { z } from 'zod';

/** What the notary remembers of a log that it signed, outside the database: the whole tree, down to the roots of its tiles. */
export interface Remembered {
  readonly source: string;
  /** The sequence of the first leaf. */
  readonly first: number;
  readonly size: number;
  /** Roots of the full tiles. */
  readonly tiles: readonly Hash[];
  /** Leaves of the tile that is not full. */
  readonly open: readonly Hash[];
  /** When the newest checkpoint was signed, in milliseconds since the epoch; 0 before the first. */
  readonly signedAt: number;
}

const Stored = z.object({
  first: z.int().min(1),
  size: z.int().min(0),
  open: z.base64(),
  root: z.base64(),
  signedAt: z.number(),
});

export const nothingOf = (source: string, first: number): Remembered => ({
  source,
  first,
  size: 0,
  tiles: [],
  open: [],
  signedAt: 0,
});

/** The tree that is remembered. */
export function rangeOf({ tiles, open }: Pick<Remembered, 'tiles' | 'open'>): CompactRange {
  const range = new CompactRange();
  for (const tile of tiles) range.pushTree(tile, Math.log2(TILE_WIDTH));
  for (const leaf of open) range.push(leaf);
  return range;
}

/** The notary's memory: for each source a small file, and one that grows by 32 bytes for each 256 sequences. */
export interface Memory {
  readonly sources: () => readonly string[];
  readonly read: (source: string) => Remembered | undefined;
  /** On disk when it returns. */
  readonly write: (remembered: Remembered) => void;
}

/** Throws {@link Misconfigured} where a file is there that is not what was written. */
export function makeMemory(directory: string): Memory {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stateFile = (source: string): string => join(directory, `${source}.json`);
  const tilesFile = (source: string): string => join(directory, `${source}.tiles`);
  return {
    sources: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length)),
    read(source) {
      if (!existsSync(stateFile(source))) return undefined;
      const stored = Stored.safeParse(JSON.parse(readFileSync(stateFile(source), 'utf8')));
      if (!stored.success) throw new Misconfigured([`${stateFile(source)} is not what the notary wrote`]);
      const { first, size, signedAt } = stored.data;
      const bytes = Math.floor(size / TILE_WIDTH) * HASH_BYTES;
      const tiles = bytes === 0 ? [] : unpackHashes(readFileSync(tilesFile(source)).subarray(0, bytes));
      const open = unpackHashes(Buffer.from(stored.data.open, 'base64'));
      const range = rangeOf({ tiles, open });
      if (range.size !== size || packHashes([range.root()]).toString('base64') !== stored.data.root)
        throw new Misconfigured([`${tilesFile(source)} does not have the tiles that ${stateFile(source)} ends with`]);
      return { source, first, size, tiles, open, signedAt };
    },
    write({ source, first, size, tiles, open, signedAt }) {
      appendTiles(tilesFile(source), tiles);
      const root = packHashes([rangeOf({ tiles, open }).root()]).toString('base64');
      const text = JSON.stringify({ first, size, open: packHashes(open).toString('base64'), root, signedAt });
      replaceFile(stateFile(source), `${text}\n`);
    },
  };
}

/** Adds what is new behind what stands there; of a write that was cut off, the rest is written again. */
function appendTiles(file: string, tiles: readonly Hash[]): void {
  const there = existsSync(file) ? Math.floor(readFileSync(file).length / HASH_BYTES) : 0;
  if (there >= tiles.length && existsSync(file)) return;
  if (existsSync(file)) truncateSync(file, there * HASH_BYTES);
  const handle = openSync(file, 'a', 0o600);
  try {
    writeSync(handle, packHashes(tiles.slice(there)));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function replaceFile(file: string, text: string): void {
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}
