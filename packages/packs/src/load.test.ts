import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadPack } from './load.ts';

const root = join(import.meta.dirname, '../../..');

test('every pack that ships can be loaded', async () => {
  const folders = (await readdir(join(root, 'packs'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(folders.length).toBeGreaterThan(1);
  for (const { name } of folders) await expect(loadPack(join(root, 'packs', name))).resolves.toMatchObject({ name });
});

test('a folder with mistakes gives one error with all of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pack-'));
  await writeFile(join(folder, 'pack.yaml'), 'name: x\nversion: 0\n');
  await expect(loadPack(folder)).rejects.toThrow(/title is missing[\s\S]*version must be 1 or more/);
  await expect(loadPack(join(folder, 'none'))).rejects.toThrow(/ENOENT/);
});

test('the core knows no domain: no word of the packs that ship stands in the code of packages and services', async () => {
  const words =
    /pharmac|\bsales?\b|inventor|branch|cashier|\bproducts?\b|theft|\bstock\b|supplier|\borders?_|shipment|purchaser/i;
  const files = (
    await Promise.all(
      ['packages', 'services'].map(async (folder) =>
        (await readdir(join(root, folder), { recursive: true })).map((file) => join(folder, file)),
      ),
    )
  )
    .flat()
    .filter((file) => /^\w+\/[^/]+\/src\/.*\.ts$/.test(file) && !/\.test\.ts$|\/testing\//.test(file));
  expect(files.length).toBeGreaterThan(200);
  for (const file of files) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    const found = lines.flatMap((line, index) =>
      words.test(line) && !isOtherwiseMeant(file, line) ? [`${file}:${index + 1}: ${line}`] : [],
    );
    expect(found).toEqual([]);
  }
});

/** What Avro calls the parts of a union. */
const isOtherwiseMeant = (file: string, line: string): boolean =>
  file === 'services/normalizer/src/avro.ts' && /\bbranch(?:es)?\b/.test(line);
