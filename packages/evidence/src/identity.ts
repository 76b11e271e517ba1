import { hash } from 'node:crypto';

/** The URL namespace of RFC 9562. */
const NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
/** The most bytes that a character of a JavaScript string becomes in UTF-8. */
const CHARACTER_BYTES_MAX = 3;
/** Room behind the namespace for a name of so many characters. */
const named = (length: number): Buffer =>
  Buffer.concat([NAMESPACE, Buffer.allocUnsafeSlow(length * CHARACTER_BYTES_MAX)]);
const SHORT_LENGTH = 400;
const SHORT = named(SHORT_LENGTH);
export const UUID_LENGTH = 36;
/** Where the id is put together: a string that is joined from parts would hold on to all of them. */
const ID = Buffer.alloc(UUID_LENGTH, '-');
/** Where each hexadecimal digit of a UUID stands in its text. */
export const UUID_DIGIT_PLACES = Array.from('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx').flatMap((mark, at) =>
  mark === 'x' ? [at] : [],
);
const VERSION_AT = 14;
const VERSION = 0x35; // '5'
const VARIANT_AT = 19;
/** The hexadecimal digits whose upper bits say that the id is of RFC 9562's variant. */
const VARIANTS = '89ab';

/**
 * A name-based UUID (version 5, RFC 9562) of the parts, which come from the source alone: the same parts give the same id on every
 * machine and in every run. Parts are joined by a character that no identifier holds.
 */
export function identify(...parts: readonly (string | number)[]): string {
  const name = parts.join('\u001f');
  const bytes = name.length <= SHORT_LENGTH ? SHORT : named(name.length);
  const length = NAMESPACE.length + bytes.write(name, NAMESPACE.length, 'utf8');
  const digest = hash('sha1', bytes.subarray(0, length), 'hex');
  for (let index = 0; index < UUID_DIGIT_PLACES.length; index++)
    ID[UUID_DIGIT_PLACES[index] as number] = digest.charCodeAt(index);
  const variant = Number.parseInt(String.fromCharCode(ID[VARIANT_AT] as number), 16) & 3;
  ID[VARIANT_AT] = VARIANTS.charCodeAt(variant);
  ID[VERSION_AT] = VERSION;
  return ID.toString('latin1');
}
