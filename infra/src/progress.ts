import type { ProgressEvent } from './types.ts';

/** One line of progress on stderr: seconds since the beginning, server, text. */
export function printProgress(event: ProgressEvent): void {
  const seconds = event.seconds.toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${(event.server ?? 'stack').padEnd(9)} ${event.text}\n`);
}
