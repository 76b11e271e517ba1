import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { leafHash, rootOf, TILE_WIDTH } from '@overlay/evidence';
import { makeMemory, nothingOf, type Remembered } from './memory.ts';

const leaves = Array.from({ length: 1000 }, (_, index) => leafHash(`leaf ${index}`));

function remembered(size: number): Remembered {
  const full = Math.floor(size / TILE_WIDTH);
  const tiles = Array.from({ length: full }, (_, tile) =>
    rootOf(leaves.slice(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH)),
  );
  return { ...nothingOf('shop', 5), size, tiles, open: leaves.slice(full * TILE_WIDTH, size), signedAt: 7 };
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'overlay-memory-'));

test('what was signed is remembered, over any steps, also by the next program', () => {
  const directory = folder();
  expect(makeMemory(directory).read('shop')).toBeUndefined();
  for (const size of [0, 1, 255, 256, 700, 1000]) {
    makeMemory(directory).write(remembered(size));
    expect(makeMemory(directory).read('shop')).toEqual(remembered(size));
  }
  expect(makeMemory(directory).sources()).toEqual(['shop']);
});

test('tiles whose state was never written, or that were cut off, are written again', () => {
  const directory = folder();
  makeMemory(directory).write(remembered(300));
  appendFileSync(join(directory, 'shop.tiles'), Buffer.alloc(20, 1));
  expect(makeMemory(directory).read('shop')).toEqual(remembered(300));
  makeMemory(directory).write(remembered(1000));
  expect(makeMemory(directory).read('shop')).toEqual(remembered(1000));
});

test('files that are not what was written stop the program', () => {
  const directory = folder();
  makeMemory(directory).write(remembered(1000));
  const tiles = readFileSync(join(directory, 'shop.tiles'));
  writeFileSync(join(directory, 'shop.tiles'), tiles.fill(0, 0, 1));
  expect(() => makeMemory(directory).read('shop')).toThrow(/does not have the tiles/);
  writeFileSync(join(directory, 'shop.json'), '{}');
  expect(() => makeMemory(directory).read('shop')).toThrow(/not what the notary wrote/);
});
