import { hash } from 'node:crypto';

/**
 * A SHA-256 hash as a string of its 32 bytes, a character each (`latin1`): what Node makes, writes and compares fastest. Base64 is for people
 * and files: {@link toBase64}.
 */
export type Hash = string;

export const HASH_BYTES = 32;

/** SHA-256 of bytes, or of a text in UTF-8. `binary` is the older name of `latin1`. */
export const sha256 = (data: string | Uint8Array): Hash => hash('sha256', data, 'binary');

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Hash = sha256('');

/** The hash of a leaf (RFC 6962, 2.1): SHA-256 of a zero byte and what is logged. */
export function leafHash(entry: string | Uint8Array): Hash {
  return sha256(typeof entry === 'string' ? `\0${entry}` : Buffer.concat([LEAF_PREFIX, entry]));
}

const LEAF_PREFIX = Buffer.of(0);
/** Where the parts of a node are put together: no hashing is ever under way when another one begins. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** The hash of a node over two others (RFC 6962, 2.1): SHA-256 of a byte of one, and both. */
export function nodeHash(left: Hash, right: Hash): Hash {
  NODE.write(left, 1, HASH_BYTES, 'latin1');
  NODE.write(right, 1 + HASH_BYTES, HASH_BYTES, 'latin1');
  return sha256(NODE);
}

/** The root over leaves' or equal trees' hashes, in their order. */
export function rootOf(hashes: readonly Hash[]): Hash {
  let level = hashes;
  if (level.length === 0) return EMPTY_ROOT;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [left = '', right] = [level[index], level[index + 1]];
      above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] ?? EMPTY_ROOT;
}

export const toBase64 = (hash: Hash): string => Buffer.from(hash, 'latin1').toString('base64');

/** The hash that base64 text stands for; undefined when it is not the text of 32 bytes. */
export function fromBase64(text: string): Hash | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === HASH_BYTES && bytes.toString('base64') === text ? bytes.toString('latin1') : undefined;
}

/** Hashes one after the other, as they are stored. */
export const packHashes = (hashes: readonly Hash[]): Buffer => Buffer.from(hashes.join(''), 'latin1');

/** The inverse of {@link packHashes}. Throws a RangeError when the bytes are not whole hashes. */
export function unpackHashes(bytes: Uint8Array): Hash[] {
  if (bytes.length % HASH_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are not whole hashes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    text.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}
