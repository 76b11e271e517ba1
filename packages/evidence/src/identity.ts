import { hash } from 'node:crypto';

/** The URL namespace of RFC 9562. */
const NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/**
 * A name-based UUID (version 5, RFC 9562) of the parts, which come from the source alone: the same parts give the same id on every
 * machine and in every run. Parts are joined by a character that no identifier holds.
 */
export function identify(...parts: readonly (string | number)[]): string {
  const name = Buffer.from(parts.join('\u001f'), 'utf8');
  const digest = hash('sha1', Buffer.concat([NAMESPACE, name]), 'hex');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`;
}
