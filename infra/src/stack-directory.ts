import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPLICATION_USER, replicationFile, secretsFolder } from './endpoints.ts';
import { makePassage } from './paths.ts';
import { SERVER_NAMES, type Secrets } from './types.ts';

/** Shows that a directory is ours to empty. */
const MARK = '.audit-overlay-stack';
const OURS = [...SERVER_NAMES, 'logs', 'secrets'];

/** Makes a stack's directory, or takes one that is ours already. Throws on a directory that holds anything else. */
export function makeStackDirectory(directory: string, secrets: Secrets): void {
  if (existsSync(directory) && !existsSync(join(directory, MARK)) && readdirSync(directory).length > 0) {
    throw new Error(`${directory} holds something else: a stack needs a directory of its own`);
  }
  makePassage(directory);
  writeFileSync(join(directory, MARK), '');
  mkdirSync(join(directory, 'logs'), { recursive: true, mode: 0o700 });
  mkdirSync(secretsFolder(directory), { recursive: true, mode: 0o700 });
  const credentials = `user=${REPLICATION_USER}\npassword=${secrets.debezium}\n`;
  writeFileSync(replicationFile(directory), credentials, { mode: 0o600 });
}

/** Removes what stacks put there and nothing else; the directory itself when nothing else is in it. */
export function removeStackDirectory(directory: string): void {
  if (!existsSync(join(directory, MARK))) return;
  for (const name of OURS) rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 5 });
  rmSync(join(directory, MARK));
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}
