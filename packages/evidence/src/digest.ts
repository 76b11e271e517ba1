import { hash } from 'node:crypto';

/** SHA-256 of the parts one after the other, in hexadecimal. A missing part counts as one with no bytes. */
export function digest(...parts: readonly (Uint8Array | string | null)[]): string {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : (part ?? Buffer.alloc(0))));
  return hash('sha256', Buffer.concat(bytes), 'hex');
}

/** The digest over a list that grew by one: SHA-256 of the digest before (64 zeros for an empty list) and the digest of what came. */
export const digestAfter = (before: string, next: string): string =>
  digest(Buffer.from(before, 'hex'), Buffer.from(next, 'hex'));

/** The digest over an empty list, which {@link digestAfter} goes on from. */
export const DIGEST_OF_NOTHING = '0'.repeat(64);
