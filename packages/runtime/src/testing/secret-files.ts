import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Settings of ours that hold a secret, by how they are called. */
const SECRET = /^(?:DATABASE_URL|KEYS_URL|[A-Z_]+_KEY)$/;

/** An environment whose secrets stand in files, as they have to. */
export function withSecretFiles(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    if (SECRET.test(name)) {
      settings[`${name}_FILE`] = join(directory, name);
      writeFileSync(join(directory, name), value, { mode: 0o600 });
    } else settings[name] = value;
  }
  return settings;
}
