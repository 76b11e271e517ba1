import { hash } from 'node:crypto';

/** SHA-256 of the parts one after the other, in hexadecimal. A missing part counts as one with no bytes. */
export function digest(...parts: readonly (Uint8Array | string | null)[]): string {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : (part ?? Buffer.alloc(0))));
  return hash('sha256', Buffer.concat(bytes), 'hex');
}
