import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { jsonSchemas } from './json-schema.ts';

const packs = join(import.meta.dirname, '../../../packs');

test.each(Object.entries(jsonSchemas()))('%s is what `npm run schemas` writes', async (name, text) => {
  expect(await readFile(join(packs, name), 'utf8')).toBe(text);
});

test('every file of a pack that ships names the schema for its editor', async () => {
  for (const file of await readdir(packs, { recursive: true })) {
    if (!file.endsWith('.yaml')) continue;
    const [first = ''] = (await readFile(join(packs, file), 'utf8')).split('\n');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
    expect(join(file, '..', schema)).toBe(schemaFor(file));
  }
});

function schemaFor(file: string): string {
  if (file.includes('examples')) return 'examples.schema.json';
  return file.endsWith('pack.yaml') ? 'pack.schema.json' : 'pack-part.schema.json';
}
