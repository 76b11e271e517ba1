import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProgram } from '@overlay/infra';

const PAUSE_MS = 100;

/** Watches the most memory (resident set, MiB) that any of the programs has had at a time; the function ends it and tells. */
export function watchMemory(programs: () => readonly (RunningProgram | undefined)[]): () => Promise<number> {
  let peak = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      for (const program of programs()) peak = Math.max(peak, peakOf(program?.pid ?? 0));
      await sleep(PAUSE_MS);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return Math.round(peak);
  };
}

function peakOf(pid: number): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0; // not running
  }
}
