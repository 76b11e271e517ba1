import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, type Exit, lastLines } from './process.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');
/**
 * Sources are run as they are; kafkajs computes waits that are over already, of which Node would warn. A record lives as long as it takes
 * to land: with room for a few thousand of them among the young, the collector need not carry each about.
 */
const NODE_FLAGS = [
  '-C',
  '@overlay/source',
  '--disable-warning=TimeoutNegativeWarning',
  '--max-semi-space-size=32', // MiB
];
const STOP_MS_MAX = 20_000;
const WAITING_MS = 60_000;

export interface ProgramLaunch {
  /** The program's file, from the root of the repository. */
  readonly file: string;
  readonly arguments?: readonly string[];
  /** Added to our own environment; undefined removes. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** File that its output is appended to, or `inherit` for our own output. */
  readonly log: string;
}

/** One of our own programs, running as a process; it ends by itself when we do, however we end. */
export interface RunningProgram {
  readonly pid: number;
  readonly log: string;
  readonly exited: Promise<Exit>;
  readonly isRunning: () => boolean;
  /** Asks it to stop and waits; kills it when it does not within 20 seconds. */
  readonly stop: () => Promise<Exit>;
  readonly kill: (signal?: NodeJS.Signals) => void;
}

/** Starts one of our own programs from its sources, on the Node that runs us. */
export function startProgram({ file, arguments: args = [], environment, log }: ProgramLaunch): RunningProgram {
  const output = log === 'inherit' ? 'inherit' : openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [...NODE_FLAGS, join(REPOSITORY, file), ...args], {
    env: { ...process.env, ...environment },
    // The channel is never used to talk: a program that has one stops when it closes.
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  });
  if (output !== 'inherit') closeSync(output);
  child.channel?.unref();
  child.unref();
  const exited = exitOf(child);
  return {
    pid: child.pid ?? -1,
    log,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      const timer = new AbortController();
      const late = sleep(STOP_MS_MAX, 'late', { signal: timer.signal, ref: false }).catch(() => 'stopped');
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      timer.abort();
      return exited;
    },
  };
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.pid === undefined) await once(child, 'spawn');
  const [code, signal] = await once(child, 'exit');
  return { code, signal };
}

/** Runs one of our own programs to its end; gives its output. Throws with its last lines when it fails. */
export async function runToEnd(launch: ProgramLaunch): Promise<void> {
  // A running program keeps nobody alive; whoever waits for its end is not done.
  const waiting = setInterval(() => {}, WAITING_MS);
  const exit = await startProgram(launch).exited.finally(() => clearInterval(waiting));
  if (exit.code === 0) return;
  throw new Error(`${launch.file} failed (${describeExit(exit)}):\n${lastLines(launch.log, 20).join('\n')}`);
}
