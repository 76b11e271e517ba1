import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const MAC_KEY_BYTES_MAX = BLOCK_BYTES;
/** The most bytes that a character of a JavaScript string becomes in UTF-8. */
const CHARACTER_BYTES_MAX = 3;

/** HMAC-SHA-256 of a text under one key, as base64url. */
export type Mac = (text: string) => string;

/**
 * Makes the MAC of a key (RFC 2104). Each is two one-shot hashes over pads that are made once: for the short texts that column values are, half of what an
 * Hmac object costs.
 */
export function makeMac(key: Uint8Array): Mac {
  const { inner, outer } = padsOf(key);
  let scratch = Buffer.alloc(BLOCK_BYTES + 256);
  inner.copy(scratch);
  return (text) => {
    const bytesMax = BLOCK_BYTES + text.length * CHARACTER_BYTES_MAX;
    if (scratch.length < bytesMax) {
      scratch = Buffer.alloc(bytesMax);
      inner.copy(scratch);
    }
    const bytes = scratch.write(text, BLOCK_BYTES, 'utf8');
    outer.write(hash('sha256', scratch.subarray(0, BLOCK_BYTES + bytes), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}

/** The key with each of the two constants in it; the outer one with room for the inner digest. */
function padsOf(key: Uint8Array): { readonly inner: Buffer; readonly outer: Buffer } {
  if (key.length > MAC_KEY_BYTES_MAX) throw new RangeError(`a key of a MAC has up to ${MAC_KEY_BYTES_MAX} bytes`);
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return { inner, outer };
}

/** One of the keys that are made of one: what it is for tells them apart. */
export const derive = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(makeMac(key)(`audit ${purpose} v1`), 'base64url');
