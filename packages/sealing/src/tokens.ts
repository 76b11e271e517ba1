import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** What stands where a value was dropped: its column's policy says so, or it cannot be told whose it is. */
export const REDACTED = '[REDACTED]';
/** What stands where a value of somebody came who has been erased. */
export const ERASED = '[ERASED]';

/** A token of a domain is the same for equal values wherever they stand, so that joins work; one of a subject only among its own values. */
export type TokenKind = 'token' | 'sealed';

/** 128 bits, as base64url without padding. */
const TOKEN_LENGTH = 22;
/** Values that come again and again are looked up; when there are more, they are computed anew. */
const CACHED_MAX = 10_000;

/** Text of a value → its token, `<kind>:` and 22 characters: HMAC-SHA-256 of the text, cut to 128 bits. */
export type Tokenize = (text: string) => string;

/** @param cachedMax tokens that are kept beside the values they stand for, in this process's memory */
export function makeTokenize(kind: TokenKind, key: KeyObject, cachedMax = CACHED_MAX): Tokenize {
  const cached = new Map<string, string>();
  return (text) => {
    const known = cached.get(text);
    if (known !== undefined) return known;
    const token = `${kind}:${mac(key, text).toString('base64url').slice(0, TOKEN_LENGTH)}`;
    if (cached.size >= cachedMax) cached.clear();
    cached.set(text, token);
    return token;
  };
}

export const mac = (key: KeyObject, ...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hmac, part) => hmac.update(part), createHmac('sha256', key)).digest();

/** One of the keys that are made of one: what it is for tells them apart. */
export const derive = (key: KeyObject, purpose: string): KeyObject => createSecretKey(mac(key, `audit ${purpose} v1`));
