import { signalProcess } from './identity.ts';
import { tryLock } from './lock.ts';
import { killServer, waitUntilGone } from './process.ts';
import { removeStackDirectory } from './stack-directory.ts';
import { forgetState, isOwned, readAllStates, readState, type StackState, stackFolder, writeState } from './state.ts';
import { SERVER_NAMES, type ServerName } from './types.ts';

const OWNER_STOPS_MS_MAX = 120_000;

/** The lock that the owner of a stack holds for its life. */
export const stackLock = (name: string): string => `stack ${stackFolder(name)}`;

export interface Swept {
  readonly stack: string;
  readonly servers: readonly ServerName[];
}

/**
 * Ends what dead owners left running, in every stack of this user, and removes data that was not to be kept. Only processes that a state
 * file names by id, start time and boot are ended; a stack whose owner lives is not touched.
 */
export async function sweepStale(): Promise<Swept[]> {
  const swept: Swept[] = [];
  for (const { name } of readAllStates()) {
    const lock = await tryLock(stackLock(name));
    if (!lock) continue;
    try {
      const state = readState(name); // again, now that nobody else changes it
      if (state && !isOwned(state)) swept.push({ stack: name, servers: await endLeftovers(state) });
    } finally {
      await lock.release();
    }
  }
  return swept.filter(({ servers }) => servers.length > 0);
}

/** For the holder of the stack's lock: kills the servers that the state names, and notes that they are gone. */
export async function endLeftovers(state: StackState): Promise<ServerName[]> {
  const left = SERVER_NAMES.filter((name) => state.processes[name] !== undefined);
  await Promise.all(Object.values(state.processes).map(killServer));
  if (state.keepData) {
    if (left.length > 0) writeState({ ...state, processes: {} });
  } else {
    removeStack(state);
  }
  return left;
}

/**
 * From another process: asks a living owner to stop its stack and waits for it; ends what a dead one has left. Throws when the owner
 * does not stop in time.
 */
export async function endStack(state: StackState, isPurged: boolean): Promise<void> {
  if (signalProcess(state.owner, 'SIGTERM') && !(await waitUntilGone([state.owner], OWNER_STOPS_MS_MAX))) {
    throw new Error(`process ${state.owner.pid}, which watches stack ${state.name}, does not stop`);
  }
  const lock = await tryLock(stackLock(state.name));
  if (!lock) throw new Error(`stack ${state.name} has been taken over by another process meanwhile`);
  try {
    const left = readState(state.name);
    if (left) await endLeftovers(left);
    if (left && isPurged) removeStack(left);
  } finally {
    await lock.release();
  }
}

/** Data, logs and state of a stack that does not run. */
export function removeStack(state: StackState): void {
  removeStackDirectory(state.directory);
  forgetState(state.name);
}
