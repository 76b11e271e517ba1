import { makeMac } from './mac.ts';

/** What stands where a value was dropped: its column's policy says so, or it cannot be told whose it is. */
export const REDACTED = '[REDACTED]';
/** What stands where a value of somebody came who has been erased. */
export const ERASED = '[ERASED]';

/** A token of a domain is the same for equal values wherever they stand, so that joins work; one of a subject only among its own values. */
type TokenKind = 'token' | 'sealed';

/** 128 bits, as base64url without padding. */
const TOKEN_LENGTH = 22;
/** Values that come again and again are looked up; when there are more, they are computed anew. */
const CACHED_MAX = 10_000;

/** Text of a value → its token, `<kind>:` and 22 characters: HMAC-SHA-256 of the text, cut to 128 bits. */
export type Tokenize = (text: string) => string;

/** @param cachedMax tokens that are kept beside the values they stand for, in this process's memory */
export function makeTokenize(kind: TokenKind, key: Uint8Array, cachedMax = CACHED_MAX): Tokenize {
  const mac = makeMac(key);
  const cached = new Map<string, string>();
  return (text) => {
    const known = cached.get(text);
    if (known !== undefined) return known;
    const token = `${kind}:${mac(text).slice(0, TOKEN_LENGTH)}`;
    if (cached.size >= cachedMax) cached.clear();
    cached.set(text, token);
    return token;
  };
}
