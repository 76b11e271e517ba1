import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM: nonce, ciphertext and tag as one piece. `boundTo` names what the bytes belong to: they open only under the same name, so a
 * ciphertext cannot be moved to another place. A nonce may be used once with a key; with nonces from a random source a key serves 2^32 times.
 */
export function seal(
  key: Uint8Array | KeyObject,
  nonce: Uint8Array,
  plain: Uint8Array | string,
  boundTo: string,
): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce); // whose tag has 16 bytes
  cipher.setAAD(Buffer.from(boundTo, 'utf8'));
  const text = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final(); // gives nothing more: the cipher works on bytes
  const sealed = Buffer.allocUnsafe(nonce.length + text.length + TAG_BYTES);
  sealed.set(nonce);
  sealed.set(text, nonce.length);
  sealed.set(cipher.getAuthTag(), nonce.length + text.length);
  return sealed;
}

/** What {@link seal} was given; undefined when the key, the name or a single bit is another one. */
export function unseal(key: Uint8Array | KeyObject, sealed: Uint8Array, boundTo: string): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(boundTo, 'utf8'));
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    return undefined; // the tag does not fit
  }
}
