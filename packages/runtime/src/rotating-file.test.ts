import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Misconfigured } from './config.ts';
import { openRotatingFile } from './rotating-file.ts';

const MIB = 1024 * 1024;
const folder = (): string => mkdtempSync(join(tmpdir(), 'rotating-'));

test('lines of several at once are all there, each whole, and only the owner can read them', async () => {
  const file = join(folder(), 'acts.jsonl');
  const programs = await Promise.all([openRotatingFile('FILE', file), openRotatingFile('FILE', file)]);
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  await Promise.all(lines.map((line, index) => programs[index % 2]?.(line)));
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').sort()).toEqual(lines.sort());
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a file of 10 MB makes room, and five of those are kept', async () => {
  const directory = folder();
  const file = join(directory, 'acts.jsonl');
  const append = await openRotatingFile('FILE', file);
  for (let round = 1; round <= 8; round++) {
    writeFileSync(file, Buffer.alloc(10 * MIB - 1, String(round)), { flag: 'a' });
    await append(`end of ${round}`);
  }
  await append('after');
  const names = readdirSync(directory).sort();
  expect(names).toEqual(['acts.jsonl', ...[1, 2, 3, 4, 5].map((place) => `acts.jsonl.${place}`)]);
  expect(readFileSync(file, 'utf8')).toBe('after\n');
  expect(readFileSync(`${file}.1`, 'utf8').slice(-9)).toBe('end of 8\n');
  expect(readFileSync(`${file}.5`, 'utf8').slice(-9)).toBe('end of 4\n');
});

test('a file that cannot be written is a mistake of the configuration', async () => {
  const file = join(folder(), 'a-file');
  writeFileSync(file, '');
  await expect(openRotatingFile('SELF_AUDIT_FILE', join(file, 'acts.jsonl'))).rejects.toThrow(Misconfigured);
  await expect(openRotatingFile('SELF_AUDIT_FILE', '/proc/acts.jsonl')).rejects.toThrow('SELF_AUDIT_FILE: the file');
});
