import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Misconfigured } from './config.ts';
import { openRotatingFile } from './rotating-file.ts';

const MIB = 1024 * 1024;
const folder = (): string => mkdtempSync(join(tmpdir(), 'rotating-'));

test('lines are appended, and only the owner can read them', () => {
  const file = join(folder(), 'acts.jsonl');
  openRotatingFile('FILE', file)('one');
  openRotatingFile('FILE', file)('two');
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a file of 10 MB makes room, and five of those are kept', () => {
  const directory = folder();
  const file = join(directory, 'acts.jsonl');
  const append = openRotatingFile('FILE', file);
  for (let round = 1; round <= 8; round++) {
    writeFileSync(file, Buffer.alloc(10 * MIB - 9, String(round)), { flag: 'a' });
    append(`end of ${round}`);
  }
  append('after');
  const [own = '', ...kept] = readdirSync(directory).sort();
  expect(own).toBe('acts.jsonl');
  expect(readFileSync(join(directory, own), 'utf8')).toBe('after\n');
  const ends = kept.map((name) => readFileSync(join(directory, name), 'utf8').slice(-9));
  expect(ends).toEqual([4, 5, 6, 7, 8].map((round) => `end of ${round}\n`));
});

test('several programs at once lose nothing, also where each of them finds the file full', async () => {
  const directory = folder();
  const file = join(directory, 'acts.jsonl');
  writeFileSync(file, Buffer.alloc(10 * MIB - 60_000, 'x'));
  const script = `const { openRotatingFile } = await import(${JSON.stringify(join(import.meta.dirname, 'rotating-file.ts'))});
    const append = openRotatingFile('FILE', ${JSON.stringify(file)});
    for (let line = 0; line < 40; line++) append(process.argv[1] + '-' + line + '-' + 'y'.repeat(3000));`;
  const programs = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, ['-C', '@overlay/source', '--input-type=module', '-e', script, name], { stdio: 'inherit' }),
  );
  const ended = await Promise.all(programs.map((program) => once(program, 'exit')));
  expect(ended.map(([code]) => code)).toEqual([0, 0, 0]);
  const all = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  const written = [...all.join('').matchAll(/[abc]-\d+-/g)].map(([line]) => line);
  expect(new Set(written).size).toBe(120);
  expect(written).toHaveLength(120);
});

test('a file that cannot be written is a mistake of the configuration', () => {
  const file = join(folder(), 'a-file');
  writeFileSync(file, '');
  expect(() => openRotatingFile('SELF_AUDIT_FILE', join(file, 'acts.jsonl'))).toThrow(Misconfigured);
  expect(() => openRotatingFile('SELF_AUDIT_FILE', '/nowhere/acts.jsonl')).toThrow('SELF_AUDIT_FILE: the file');
});
