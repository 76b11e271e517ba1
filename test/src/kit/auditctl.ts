import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Reconciliation } from '@overlay/api';
import { startProgram } from '@overlay/infra';
import type { World } from './world.ts';

interface Said {
  readonly said: string;
  readonly code: number | null;
}

/** Runs auditctl on the record of a world, as a reader; gives what it says and its exit code. */
export const auditctl = (world: World, ...words: readonly string[]): Promise<Said> => run(world, words, {});

/** The same, as somebody who may open, erase and hold. */
export const auditctlAsOfficer = (world: World, ...words: readonly string[]): Promise<Said> =>
  run(world, words, world.pipeline.officer);

export interface SourceAccess {
  readonly url?: string;
  readonly hasKeys?: boolean;
}

/** The same with a login at the source, by default that of its owner. Without keys: as a reader. */
export function auditctlAtSource(
  world: World,
  words: readonly string[],
  { url = world.mysqlUrl, hasKeys = true }: SourceAccess = {},
): Promise<Said> {
  const file = join(mkdtempSync(join(world.directory, 'source-')), 'url');
  writeFileSync(file, url, { mode: 0o600 });
  return run(world, words, { ...(hasKeys && world.pipeline.officer), SOURCE_URL_FILE: file });
}

/** What comparing the source with the log says. Throws what auditctl says when it did not compare. */
export async function reconciled(
  world: World,
  words: readonly string[] = [],
  access: SourceAccess = {},
): Promise<{ readonly result: Reconciliation; readonly code: number | null }> {
  const { said, code } = await auditctlAtSource(world, ['reconcile', '--json', ...words], access);
  if (code !== 0 && code !== 6) throw new Error(said);
  return { result: Reconciliation.parse(JSON.parse(said)), code };
}

async function run(
  world: World,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Said> {
  const log = join(mkdtempSync(join(world.directory, 'auditctl-')), 'said');
  const program = startProgram({
    file: 'packages/cli/src/main.ts',
    arguments: words,
    environment: {
      DATABASE_URL_FILE: world.pipeline.readerFile,
      KEYS_URL_FILE: world.pipeline.readerKeysFile,
      DEAD_LETTER_KEY_FILE: world.pipeline.deadLetterKeyFile,
      EVIDENCE_KEYS_FILE: world.pipeline.notary.keysFile,
      CONNECT_URL: world.servers.connect.url,
      ...environment,
    },
    log,
  });
  const { code } = await program.exited;
  return { said: readFileSync(log, 'utf8'), code };
}
