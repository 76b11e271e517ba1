import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever its timer does. */
const TICKS_PER_S = 100;

/**
 * Processor seconds, user and system, of a process with everything that it ever started and that ended or still runs. A process that is
 * gone counts nothing.
 */
export function cpuSeconds(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const [own, ended] = ticksOf(pid);
  return (own + ended) / TICKS_PER_S + childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0);
}

/** Ticks of its own, and of its children that have ended. */
function ticksOf(pid: number): readonly [number, number] {
  const text = read(`/proc/${pid}/stat`);
  // The command name stands in brackets and may hold blanks: fields count from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return [field(14) + field(15), field(16) + field(17)];
}

function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** The most memory that a process has had at a time, in megabytes. */
export function peakMemoryMb(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} is gone`);
  return Number(kilobytes) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has ended
  }
}
