import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointText, parseCheckpoint } from '@overlay/evidence';
import { Misconfigured } from '@overlay/runtime';
import type { Seen } from './add-checkpoint.ts';

/** Keeps the newest checkpoint of each log in a file of its own. */
export function makeSeenFiles(directory: string): Seen {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fileOf = (origin: string): string => join(directory, encodeURIComponent(origin));
  return {
    read(origin) {
      const file = fileOf(origin);
      if (!existsSync(file)) return undefined;
      const checkpoint = parseCheckpoint(readFileSync(file, 'utf8'));
      if (!checkpoint) throw new Misconfigured([`${file} is not what the witness wrote`]);
      return checkpoint;
    },
    write(checkpoint) {
      const file = fileOf(checkpoint.origin);
      const handle = openSync(`${file}.new`, 'w', 0o600);
      try {
        writeSync(handle, checkpointText(checkpoint));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(`${file}.new`, file);
    },
  };
}
