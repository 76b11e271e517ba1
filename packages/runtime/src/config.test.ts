import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { names, printConfig, readConfig, secret } from './config.ts';

const shape = {
  PORT: z.coerce.number().int().default(1),
  PASSWORD: secret(),
  SOURCES: names(),
  NOTE: z.string().optional(),
};

test('every mistake is reported together, each with the setting it is about', () => {
  const outcome = readConfig(shape, { PORT: 'x', SOURCES: 'a b', PASSWORD: 'p', PASSWORD_FILE: '/p' });
  expect(outcome.ok).toBe(false);
  const mistakes = outcome.ok ? [] : outcome.mistakes;
  expect(mistakes.map((mistake) => mistake.split(':', 1)[0]).sort()).toEqual([
    'PASSWORD',
    'PASSWORD',
    'PORT',
    'SOURCES',
  ]);
});

test('a secret comes from a file and is hidden when printed', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'password');
  writeFileSync(file, 'open sesame\n', { mode: 0o640 });
  const outcome = readConfig(shape, { SOURCES: 'one, two', PASSWORD_FILE: file });
  if (!outcome.ok) throw new Error(outcome.mistakes.join());
  expect(outcome.config).toMatchObject({ PASSWORD: 'open sesame', SOURCES: ['one', 'two'], PORT: 1 });
  expect(printConfig(shape, outcome.config)).toBe('PORT=1\nPASSWORD=(secret)\nSOURCES=one,two\nNOTE=');
  chmodSync(file, 0o644);
  expect(readConfig(shape, { SOURCES: 'one', PASSWORD_FILE: file })).toEqual({
    ok: false,
    mistakes: [
      `PASSWORD: the file that PASSWORD_FILE names can be read by everyone on this machine: \`chmod 600 ${file}\``,
      'PASSWORD: is missing; set it, or PASSWORD_FILE to a file that holds it',
    ],
  });
});

test('a secret in the environment itself is refused; an address without one is none', () => {
  const mistakesOf = (value: string) => {
    const outcome = readConfig({ ADDRESS: secret() }, { ADDRESS: value });
    return outcome.ok ? [] : outcome.mistakes;
  };
  expect(mistakesOf('open sesame')[0]).toMatch(/^ADDRESS: a secret must not stand in the environment.*ADDRESS_FILE$/);
  expect(mistakesOf('postgres://me:sesame@host/record')[0]).toContain('must not stand in the environment');
  expect(mistakesOf('postgres://me@host/record')).toEqual([]);
  expect(mistakesOf('open sesame').join()).not.toContain('sesame');
});
