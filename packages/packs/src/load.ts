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

/** Reads `pack.yaml` of a pack's folder. Throws {@link Misconfigured} with every mistake in it. */
export async function loadPack(directory: string): Promise<Pack> {
  const file = join(directory, 'pack.yaml');
  const text = await readFile(file, 'utf8').catch((thrown) => {
    throw new Misconfigured([`PACK_DIR: ${file} cannot be read (${messageOf(thrown)})`]);
  });
  const parsed = parsePack(text, file);
  if (parsed.ok) return parsed.pack;
  throw new Misconfigured(parsed.mistakes);
}
