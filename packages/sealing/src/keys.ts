import { hash } from 'node:crypto';
import { seal, unseal } from './seal.ts';

export const KEY_BYTES = 32;
const FINGERPRINT_DIGITS = 8;

/** A key from its text, 32 bytes in base64; undefined for any other text. */
export function parseKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES && /^[A-Za-z0-9+/]{43}=$/.test(text) ? key : undefined;
}

/** The keys of a file that holds one a line, the one to wrap with first; undefined when a line is none, or there is none. */
export function parseKeys(text: string): readonly [Buffer, ...Buffer[]] | undefined {
  const [first, ...others] = text
    .trim()
    .split(/\s*\n\s*/)
    .map(parseKey);
  const known = others.filter((key) => key !== undefined);
  return first && known.length === others.length ? [first, ...known] : undefined;
}

/** Tells keys apart without giving anything away: eight hexadecimal digits of SHA-256. */
export const fingerprintOf = (key: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from('fingerprint of a key\n'), key]), 'hex').slice(0, FINGERPRINT_DIGITS);

/** A key as it may be stored, sealed under another key and bound to its name. */
export const wrapKey = (master: Uint8Array, nonce: Uint8Array, key: Uint8Array, name: string): Buffer =>
  seal(master, nonce, key, boundName(name));

/** What {@link wrapKey} was given; undefined when the master key or the name is another one. */
export const unwrapKey = (master: Uint8Array, wrapped: Uint8Array, name: string): Buffer | undefined =>
  unseal(master, wrapped, boundName(name));

/** A wrapped key is never taken for sealed bytes, nor they for it. */
const boundName = (name: string): string => `key ${name}`;
