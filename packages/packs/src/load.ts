import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Misconfigured, messageOf } from '@overlay/runtime';
import { z } from 'zod';
import type { Pack } from './pack.ts';
import { parsePack } from './parse.ts';

/** What a program that works by a pack must be told. */
export const packConfig = {
  PACK_DIR: z.string().min(1).describe('folder of the pack, which holds pack.yaml'),
};

/** A pack, and what its file says before defaults are filled in: that is what goes on record. */
export interface LoadedPack {
  readonly pack: Pack;
  readonly content: unknown;
}

/** Reads `pack.yaml` of a pack's folder. Throws {@link Misconfigured} with every mistake in it. */
export const loadPack = async (directory: string): Promise<Pack> => (await loadPackContent(directory)).pack;

/** The same, with the content. */
export async function loadPackContent(directory: string): Promise<LoadedPack> {
  const file = join(directory, 'pack.yaml');
  const text = await readFile(file, 'utf8').catch((thrown) => {
    throw new Misconfigured([`PACK_DIR: ${file} cannot be read (${messageOf(thrown)})`]);
  });
  const parsed = parsePack(text, file);
  if (parsed.ok) return parsed;
  throw new Misconfigured(parsed.mistakes);
}
