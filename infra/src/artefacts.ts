import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { cacheRoot } from './paths.ts';
import type { Report } from './types.ts';

export interface CachedFolder {
  /** Readable beginning of the folder's name. */
  readonly name: string;
  /** Everything that decides the content; another text is another folder. */
  readonly key: string;
  readonly report: Report;
  /** Default: the cache of this user. */
  readonly root?: string;
  /** Fills an empty folder. Runs at most once at a time on this machine. */
  readonly fill: (folder: string) => Promise<void>;
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/**
 * A folder of the cache, filled when it is not there yet. It appears under its name by one rename after it has been filled, so what
 * exists is complete: an interrupted download leaves only a temporary folder, which the next filler removes.
 */
export async function cachedFolder({ name, key, report, fill, root = cacheRoot() }: CachedFolder): Promise<string> {
  const folder = join(root, `${name}-${digestOf(key)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(root, { recursive: true, mode: 0o755 });
  return withLock(
    folder,
    async () => {
      if (existsSync(folder)) return folder;
      for (const leftover of readdirSync(root).filter((entry) => entry.startsWith(`.${name}-`))) {
        rmSync(join(root, leftover), { recursive: true, force: true });
      }
      const temporary = mkdtempSync(join(root, `.${name}-`));
      await fill(temporary);
      renameSync(temporary, folder);
      return folder;
    },
    () => report('waits for files that are being prepared already'),
  );
}
