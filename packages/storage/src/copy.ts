import { once } from 'node:events';
import { UUID_DIGIT_PLACES, UUID_LENGTH } from '@overlay/evidence';
import { microsecondsOf, must } from '@overlay/model';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/**
 * A value of one COPY field; null whatever the column's type. Instants are RFC 3339 text in UTC, with microseconds; bytes are text with a
 * character each (`latin1`).
 */
export type Field = string | number | null;

/** Postgres types that COPY writes, by the names of Postgres. */
type ColumnType = 'text' | 'json' | 'uuid' | 'integer' | 'bigint' | 'real' | 'timestamptz' | 'bytea';

/** The columns of a COPY, in the order of its fields. */
export type Columns = readonly (readonly [name: string, type: ColumnType])[];

/** Is shown each row as it is sent: its bytes, from the length of its first field to the end of its last. They are good only until it returns. */
export type SeeRow = (bytes: Buffer, from: number, to: number) => void;

/** Who sees the first columns of each row, so many. */
export interface Onlooker {
  readonly columns: number;
  readonly see: SeeRow;
}

/**
 * Writes rows into a table by COPY, inside whatever transaction the client is in. The format is Postgres's binary one: it costs the
 * server a third less than text, which it would have to unescape and parse.
 */
export async function copyRows(
  client: ClientBase,
  table: string,
  columns: Columns,
  rows: Iterable<readonly Field[]>,
  onlooker?: Onlooker,
): Promise<void> {
  const names = columns.map(([name]) => name).join(', ');
  const stream = client.query(copyFrom(`copy ${table} (${names}) from stdin (format binary)`));
  const done = new Promise<void>((resolve, reject) => stream.once('finish', resolve).once('error', reject));
  done.catch(() => {}); // reported by the await below; without this a failure while writing would be unhandled
  const encoder = new CopyEncoder(
    columns.map(([, type]) => type),
    onlooker,
  );
  for (const row of rows) {
    encoder.row(row);
    for (let chunk = encoder.full.shift(); chunk; chunk = encoder.full.shift())
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
  }
  for (const chunk of encoder.end()) stream.write(chunk);
  stream.end();
  await done;
}

/** Postgres text holds no NUL. Bodies have it escaped; in the columns beside them it becomes the replacement character. */
export const withoutNul = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text);

const CHUNK_BYTES = 256 * 1024;
/** The most bytes that a character of a JavaScript string becomes in UTF-8. */
const CHARACTER_BYTES_MAX = 3;
/** Signature, flags and the length of the header's extension, as the manual has them under COPY. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const FIELD_COUNT_BYTES = 2;
const TRAILER = -1;
const NULL = -1;
/** Postgres counts microseconds from the year 2000. */
const EPOCH_US = Date.UTC(2000, 0, 1) * 1000;
const TWO_32 = 2 ** 32;
const NO_DIGIT = 0x10;

/** Text up to this long is written character by character, which for a few of them is faster than a call into Node. */
const SHORT_LENGTH = 40;
/** The value of each hexadecimal digit in lower case, by its character. */
const DIGITS = new Uint8Array(0x80).fill(NO_DIGIT);
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value;

/** Rows as bytes of COPY's binary format, in chunks. Every row of every table passes here, so bytes are set one by one. */
class CopyEncoder {
  /** Chunks that are ready to be sent. */
  readonly full: Buffer[] = [HEADER];
  readonly #types: readonly ColumnType[];
  readonly #onlooker: Onlooker | undefined;
  #buffer: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #at = 0;
  /** Where the row that is being written begins. */
  #rowAt = 0;
  #instant = { text: '', microseconds: 0 };

  constructor(types: readonly ColumnType[], onlooker: Onlooker | undefined) {
    this.#types = types;
    this.#onlooker = onlooker;
  }

  row(fields: readonly Field[]): void {
    const types = this.#types;
    const seen = this.#onlooker?.columns;
    let seenBytes = 0;
    this.#rowAt = this.#at;
    this.#reserve(FIELD_COUNT_BYTES);
    this.#int16(types.length);
    for (let index = 0; index < types.length; index++) {
      if (index === seen) seenBytes = this.#at - this.#rowAt;
      const field = fields[index] ?? null;
      if (field === null) {
        this.#reserve(4);
        this.#int32(NULL);
      } else this.#field(types[index] ?? 'text', field);
    }
    if (seen === types.length) seenBytes = this.#at - this.#rowAt;
    this.#onlooker?.see(this.#buffer, this.#rowAt + FIELD_COUNT_BYTES, this.#rowAt + seenBytes);
  }

  end(): readonly Buffer[] {
    this.#rowAt = this.#at;
    this.#reserve(FIELD_COUNT_BYTES);
    this.#int16(TRAILER);
    return [...this.full.splice(0), this.#buffer.subarray(0, this.#at)];
  }

  /** Makes room; a row that does not fit moves to the next chunk whole, so that it can be seen in one piece. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const [before, begun] = [this.#buffer.subarray(0, this.#rowAt), this.#buffer.subarray(this.#rowAt, this.#at)];
    if (before.length > 0) this.full.push(before);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, 2 * begun.length + bytes));
    begun.copy(this.#buffer);
    this.#rowAt = 0;
    this.#at = begun.length;
  }

  #field(type: ColumnType, field: string | number): void {
    if (type === 'json') this.#text(String(field));
    else if (type === 'text') this.#text(withoutNul(String(field)));
    else if (type === 'uuid') this.#uuid(String(field));
    else if (type === 'timestamptz') this.#int64(this.#microseconds(String(field)));
    else if (type === 'bigint') this.#int64(Number(field));
    else if (type === 'bytea') this.#bytes(String(field));
    else {
      this.#reserve(8);
      this.#int32(4);
      if (type === 'integer') this.#int32(Number(field));
      else this.#at = this.#buffer.writeFloatBE(Number(field), this.#at);
    }
  }

  #int16(value: number): void {
    this.#buffer[this.#at++] = value >>> 8;
    this.#buffer[this.#at++] = value;
  }

  #int32(value: number): void {
    const buffer = this.#buffer;
    buffer[this.#at++] = value >>> 24;
    buffer[this.#at++] = value >>> 16;
    buffer[this.#at++] = value >>> 8;
    buffer[this.#at++] = value;
  }

  /** A safe integer with its length, as two halves: faster than a BigInt. */
  #int64(value: number): void {
    this.#reserve(12);
    this.#int32(8);
    const high = Math.floor(value / TWO_32);
    this.#int32(high);
    this.#int32(value - high * TWO_32);
  }

  #text(text: string): void {
    this.#reserve(4 + text.length * CHARACTER_BYTES_MAX);
    const start = this.#at;
    this.#at += 4;
    const bytes = this.#ascii(text) ? text.length : this.#buffer.write(text, start + 4, 'utf8');
    this.#at = start;
    this.#int32(bytes);
    this.#at = start + 4 + bytes;
  }

  #bytes(latin1: string): void {
    this.#reserve(4 + latin1.length);
    this.#int32(latin1.length);
    this.#at += this.#buffer.write(latin1, this.#at, 'latin1');
  }

  /** Writes a short text without its length; false when it is not short or not ASCII. */
  #ascii(text: string): boolean {
    if (text.length > SHORT_LENGTH) return false;
    const buffer = this.#buffer;
    const start = this.#at;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      buffer[start + index] = code;
    }
    return true;
  }

  /** Two lower-case hexadecimal digits a byte, dashes left out. */
  #uuid(text: string): void {
    this.#reserve(20);
    this.#int32(16);
    const buffer = this.#buffer;
    let seen = 0;
    for (let index = 0; index < UUID_DIGIT_PLACES.length; index += 2) {
      const high = DIGITS[text.charCodeAt(UUID_DIGIT_PLACES[index] as number)] ?? NO_DIGIT;
      const low = DIGITS[text.charCodeAt(UUID_DIGIT_PLACES[index + 1] as number)] ?? NO_DIGIT;
      seen |= high | low;
      buffer[this.#at++] = (high << 4) | low;
    }
    must(text.length === UUID_LENGTH && seen < NO_DIGIT, 'an id is a UUID in lower case');
  }

  /** The same instant comes many times: with each row of a transaction. */
  #microseconds(text: string): number {
    if (this.#instant.text !== text) this.#instant = { text, microseconds: microsecondsOf(text) - EPOCH_US };
    return this.#instant.microseconds;
  }
}
