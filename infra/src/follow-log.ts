import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { logFileOf } from './endpoints.ts';
import { lastLines } from './process.ts';
import { isOwned, type StackState } from './state.ts';
import type { ServerName } from './types.ts';

const LINES = 200;
const POLL_MS = 250;
const CHUNK_BYTES = 64 * 1024;

/** Prints the end of a log; following it goes on until the stack's owner is gone. */
export async function followLog(
  state: StackState,
  server: ServerName,
  isFollowing: boolean,
  print: (text: string) => void,
): Promise<void> {
  const file = logFileOf(state.directory, server);
  if (!existsSync(file)) throw new Error(`stack ${state.name} has no log of ${server}`);
  const handle = openSync(file, 'r');
  try {
    let position = fstatSync(handle).size;
    print(`${lastLines(file, LINES).join('\n')}\n`);
    const buffer = Buffer.alloc(CHUNK_BYTES);
    while (isFollowing && isOwned(state)) {
      const count = readSync(handle, buffer, 0, buffer.length, position);
      position += count;
      if (count > 0) print(buffer.toString('utf8', 0, count));
      else await sleep(POLL_MS);
    }
  } finally {
    closeSync(handle);
  }
}
