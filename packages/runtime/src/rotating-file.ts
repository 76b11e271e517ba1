import { basename, dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createStream } from 'rotating-file-stream';
import { Misconfigured } from './config.ts';
import { messageOf } from './trouble.ts';

/** A file that reaches this size is renamed to `<file>.1`, that one to `<file>.2`, and so on. */
const FILE_SIZE_MAX = '10M';
const KEPT = 5;

/** Appends a line; it has been handed to the system when this resolves. */
export type AppendLine = (line: string) => Promise<void>;

/**
 * Opens a file of lines that only its owner can read. It is opened for each line anew, so that several programs can append to the same one, whoever of
 * them renames it. Throws {@link Misconfigured} when it cannot be written.
 */
export async function openRotatingFile(name: string, file: string): Promise<AppendLine> {
  const append = async (text: string): Promise<void> => {
    const stream = createStream(basename(file), {
      path: dirname(file),
      size: FILE_SIZE_MAX,
      rotate: KEPT,
      mode: 0o600,
    });
    stream.end(text);
    await finished(stream);
  };
  await append('').catch((thrown: unknown) => {
    throw new Misconfigured([`${name}: the file cannot be written (${messageOf(thrown)})`]);
  });
  return (line) => append(`${line}\n`);
}
