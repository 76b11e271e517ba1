import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OfferedPack } from '@overlay/model';
import { Misconfigured, messageOf } from '@overlay/runtime';
import { z } from 'zod';
import { type ExampleFile, parseExamples } from './example.ts';
import type { Pack } from './pack.ts';
import { includesOf, parsePack } from './parse.ts';
import type { PackFile } from './yaml.ts';

/** What a program that works by a pack must be told. */
export const packConfig = {
  PACK_DIR: z.string().min(1).describe('folder of the pack, which holds pack.yaml'),
};

/** A pack, and what its files say before defaults are filled in: that is what goes on record. */
interface LoadedPack {
  readonly pack: Pack;
  readonly content: unknown;
}

/** Reads `pack.yaml` of a pack's folder and what it includes. Throws {@link Misconfigured} with every mistake in it. */
export const loadPack = async (directory: string): Promise<Pack> => (await loadPackContent(directory)).pack;

/** The same, with the content. */
async function loadPackContent(directory: string): Promise<LoadedPack> {
  const { text, name } = await readPackFile(directory, 'pack.yaml');
  const parts: PackFile[] = [];
  for (const part of includesOf(text)) parts.push(await readPackFile(directory, part));
  const parsed = parsePack(text, name, parts);
  if (parsed.ok) return parsed;
  throw new Misconfigured(parsed.mistakes);
}

/** The pack of a folder as it is offered to stages. Throws {@link Misconfigured} with every mistake in it. */
export async function readOffer(directory: string): Promise<OfferedPack> {
  const { pack, content } = await loadPackContent(directory);
  return { name: pack.name, version: pack.version, content };
}

/** Reads every file of a pack's folder `examples`, in the order of their names; none when there is no such folder. Throws as {@link loadPack}. */
export async function loadExamples(directory: string): Promise<readonly ExampleFile[]> {
  const folder = join(directory, 'examples');
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return [];
    throw new Misconfigured([`${folder} cannot be read (${messageOf(thrown)})`]);
  });
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => readPackFile(folder, name)),
  );
  const parsed = files.map(parseExamples);
  const mistakes = parsed.flatMap((file) => (file.ok ? [] : file.mistakes));
  if (mistakes.length > 0) throw new Misconfigured(mistakes);
  return parsed.flatMap((file) => (file.ok ? [file.examples] : []));
}

async function readPackFile(directory: string, file: string): Promise<PackFile> {
  const name = join(directory, file);
  const text = await readFile(name, 'utf8').catch((thrown) => {
    throw new Misconfigured([`PACK_DIR: ${name} cannot be read (${messageOf(thrown)})`]);
  });
  return { text, name };
}
