import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, identify, isAlive, type ProcessIdentity, signalProcess } from './identity.ts';
import type { Launch } from './types.ts';

const TAIL_BYTES = 64 * 1024;
const POLL_MS = 20;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
}

/**
 * Starts a process in a group of its own, so that Ctrl-C in a terminal reaches only us and we stop the servers in order. Its output is
 * appended to `log`.
 */
export async function startProcess(launch: Launch, log: string): Promise<RunningProcess> {
  const output = openSync(log, 'a', 0o600);
  const child = spawn(launch.command, launch.arguments, {
    cwd: launch.directory,
    env: { ...process.env, ...launch.environment },
    stdio: ['ignore', output, output],
    detached: true,
    ...launch.account,
  });
  closeSync(output);
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });
  exited.catch(() => undefined); // who waits for it sees the error; nobody has to
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) {
    const end = await exited; // throws when the program could not be started at all
    throw new Error(`${launch.command} ended at once (${describeExit(end)})`);
  }
  return { identity, exited, exit: () => exit };
}

export function describeExit(exit: Exit): string {
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
}

/**
 * Signals a server. SIGKILL, SIGSTOP and SIGCONT also go to its children (Postgres has many): a server that is dead or frozen is so as a
 * whole. The other signals are requests to its main process, which knows what its children have to do.
 */
export function signalServer(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  const children = ['SIGKILL', 'SIGSTOP', 'SIGCONT'].includes(signal) ? descendantsOf(identity.pid) : [];
  for (const one of [identity, ...children]) signalProcess(one, signal);
}

/** False when the processes outlive the wait. */
export async function waitUntilGone(identities: readonly ProcessIdentity[], ms_max: number): Promise<boolean> {
  const deadline = Date.now() + ms_max;
  while (identities.some(isAlive)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Kills a server with all its children and waits until they are gone. Nothing happens when it is gone already. */
export async function killServer(identity: ProcessIdentity): Promise<void> {
  if (!isAlive(identity)) return;
  const family = [identity, ...descendantsOf(identity.pid)];
  for (const one of family) signalProcess(one, 'SIGKILL');
  if (!(await waitUntilGone(family, 30_000))) throw new Error(`process ${identity.pid} survives SIGKILL`);
}

/** The last lines of a log, read from its end. */
export function lastLines(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  const size = statSync(file).size;
  const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const handle = openSync(file, 'r');
  try {
    readSync(handle, buffer, 0, buffer.length, size - buffer.length);
  } finally {
    closeSync(handle);
  }
  return buffer.toString().trimEnd().split('\n').slice(-count);
}
