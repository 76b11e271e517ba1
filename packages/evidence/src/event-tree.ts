import { createHash } from 'node:crypto';
import { CompactRange } from './compact-range.ts';
import { type Hash, sha256 } from './merkle.ts';
import { makeNonces, NONCE_BYTES } from './nonces.ts';

/** Rows up to this long are put behind their nonce and hashed in one call, which is the fastest. */
const ENTRY_BYTES_MAX = 64 * 1024;
const ENTRY = Buffer.alloc(ENTRY_BYTES_MAX);
const ROW_AT = 1 + NONCE_BYTES;

/**
 * The digest of an event: the RFC 6962 leaf hash of its nonce and its row, SHA-256(0x00 || nonce || row), where the row is its columns as
 * Postgres's binary COPY has them, from `from` to `to` of the bytes.
 */
export function eventDigest(nonce: string, bytes: Buffer, from: number, to: number): Hash {
  ENTRY.write(nonce, 1, NONCE_BYTES, 'latin1');
  const end = ROW_AT + to - from;
  if (end > ENTRY_BYTES_MAX)
    return createHash('sha256').update(ENTRY.subarray(0, ROW_AT)).update(bytes.subarray(from, to)).digest('binary');
  bytes.copy(ENTRY, ROW_AT, from, to);
  return sha256(ENTRY.subarray(0, end));
}

/** The tree over the digests of one transaction's events, in their order. */
export class EventTree {
  readonly #range = new CompactRange();
  readonly #nextNonce: () => string;

  constructor(nonceKey: string) {
    this.#nextNonce = makeNonces(nonceKey);
  }

  /** Takes the next event by its row; see {@link eventDigest}. */
  add(bytes: Buffer, from: number, to: number): void {
    this.#range.push(eventDigest(this.#nextNonce(), bytes, from, to));
  }

  get count(): number {
    return this.#range.size;
  }

  root(): Hash {
    return this.#range.root();
  }
}
