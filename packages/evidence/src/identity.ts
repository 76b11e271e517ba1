import { hash } from 'node:crypto';

/** The URL namespace of RFC 9562. */
const NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
/** The most bytes that a character of a JavaScript string becomes in UTF-8. */
const CHARACTER_BYTES_MAX = 3;
/** The hexadecimal digits whose upper bits say that the id is of RFC 9562's variant. */
const VARIANTS = '89ab';

/**
 * A name-based UUID (version 5, RFC 9562) of the parts, which come from the source alone: the same parts give the same id on every
 * machine and in every run. Parts are joined by a character that no identifier holds.
 */
export function identify(...parts: readonly (string | number)[]): string {
  const name = parts.join('\u001f');
  const bytes = Buffer.allocUnsafe(NAMESPACE.length + name.length * CHARACTER_BYTES_MAX);
  NAMESPACE.copy(bytes);
  const length = NAMESPACE.length + bytes.write(name, NAMESPACE.length, 'utf8');
  const digest = hash('sha1', bytes.subarray(0, length), 'hex');
  const variant = VARIANTS[Number.parseInt(digest.charAt(16), 16) & 3];
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
