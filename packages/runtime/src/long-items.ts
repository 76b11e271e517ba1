import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GrowingItems } from '@overlay/model';

/** Characters of items that are held in memory; what is above goes to a file. */
const LENGTH_MAX = 2 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Items that grow and are then gone through any number of times, in constant memory: beyond 2 million characters they stand in a temporary
 * file, one JSON text a line. The file has no name in any folder, so it is gone when the list is released or the process ends, however.
 * Throws what the file system says when the folder for temporary files is full.
 */
export class LongItems<Item> implements GrowingItems<Item> {
  readonly #lengthOf: (item: Item) => number;
  readonly #lengthMax: number;
  #recent: Item[] = [];
  #recentLength = 0;
  #file: number | undefined;
  #fileBytes = 0;
  #fileItems = 0;

  constructor(lengthOf: (item: Item) => number, lengthMax: number = LENGTH_MAX) {
    this.#lengthOf = lengthOf;
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#fileItems + this.#recent.length;
  }

  readonly push = (item: Item): void => {
    this.#recent.push(item);
    this.#recentLength += this.#lengthOf(item);
    if (this.#recentLength > this.#lengthMax) this.#spill();
  };

  #spill(): void {
    this.#file ??= openNameless();
    let lines = '';
    for (const item of this.#recent) {
      lines += `${JSON.stringify(item)}\n`;
      if (lines.length > READ_BYTES) lines = this.#write(lines);
    }
    this.#write(lines);
    this.#fileItems += this.#recent.length;
    this.#recent = [];
    this.#recentLength = 0;
  }

  #write(lines: string): '' {
    const bytes = Buffer.from(lines, 'utf8');
    for (let from = 0; from < bytes.length; ) {
      const written = writeSync(this.#file ?? -1, bytes, from, bytes.length - from, this.#fileBytes);
      from += written;
      this.#fileBytes += written;
    }
    return '';
  }

  *[Symbol.iterator](): Generator<Item> {
    if (this.#file !== undefined) yield* this.#fromFile(this.#file);
    yield* this.#recent;
  }

  *#fromFile(file: number): Generator<Item> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; at < this.#fileBytes; ) {
      const read = readSync(file, buffer, 0, READ_BYTES, at);
      if (read === 0) throw new Error('a temporary file ends before what was written to it');
      at += read;
      let from = 0;
      const bytes = Buffer.concat([rest, buffer.subarray(0, read)]);
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        yield JSON.parse(bytes.toString('utf8', from, end)) as Item;
        from = end + 1;
      }
      rest = bytes.subarray(from);
    }
  }

  /** Lets go of everything; the list is empty from here on. */
  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    [this.#recent, this.#recentLength, this.#fileBytes, this.#fileItems] = [[], 0, 0, 0];
  }
}

/** A file for reading and writing whose name is removed at once. */
function openNameless(): number {
  const path = join(tmpdir(), `audit-overlay-${process.pid}-${crypto.randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  rmSync(path);
  return file;
}
