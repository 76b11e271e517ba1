import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Misconfigured } from './config.ts';
import { messageOf } from './trouble.ts';

/** A file that has reached this size is renamed, and another one begun. */
const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** Renamed files that are kept, the newest. */
const KEPT = 5;

/** Appends a line; it is on disk when this returns. */
export type AppendLine = (line: string) => void;

/**
 * Opens a file of lines that only its owner can read. Several programs can append to the same one: each opens it for each line, and renames it to a name
 * that no other gives (`<file>.<time>-<process>`), so that none takes away what another one wrote. Throws {@link Misconfigured} when it cannot be written.
 */
export function openRotatingFile(name: string, file: string): AppendLine {
  try {
    append(file, '');
  } catch (thrown) {
    throw new Misconfigured([`${name}: the file cannot be written (${messageOf(thrown)})`]);
  }
  return (line) => append(file, `${line}\n`);
}

function append(file: string, text: string): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
    const { size, ino } = fstatSync(handle);
    if (size >= FILE_BYTES_MAX && statSync(file, { throwIfNoEntry: false })?.ino === ino) rotate(file);
  } finally {
    closeSync(handle);
  }
}

function rotate(file: string): void {
  const time = new Date().toISOString().replaceAll(/[-:]/g, '');
  try {
    renameSync(file, `${file}.${time}-${process.pid}`);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return; // another program was faster
    throw thrown;
  }
  const old = readdirSync(dirname(file)).filter((other) => other.startsWith(`${basename(file)}.`));
  for (const other of old.sort().slice(0, -KEPT)) rmSync(join(dirname(file), other), { force: true });
}
