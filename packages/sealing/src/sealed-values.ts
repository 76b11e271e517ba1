import type { Mac } from './mac.ts';
import { NONCE_BYTES, seal, unseal } from './seal.ts';
import type { SubjectKey } from './subjects.ts';

/** A column's value in clear. */
type Clear = string | boolean;
/** The sealed columns of the images of one row, those that are not null. */
export interface ClearImages {
  readonly before?: Readonly<Record<string, Clear>>;
  readonly after?: Readonly<Record<string, Clear>>;
}

/** What stands beside the body of an event: what is sealed under the key of one subject, base64 of nonce, ciphertext and tag. */
export interface SealedValues {
  readonly sealed: string;
  readonly subject: string;
}

/** A nonce as base64url. */
const NONCE_TEXT_LENGTH = (NONCE_BYTES * 4) / 3;

/** Under what a ciphertext opens: in no other event and for no other subject. */
const boundTo = (eventId: string, subject: string): string => `values of ${eventId} under ${subject}`;

/**
 * Seals the values of one event under one subject's key, by one call. The nonce comes from the transaction's nonces and the values themselves, so
 * that the same event gives the same bytes whenever it is read, and other values never meet the same nonce. Members stand in canonical order.
 */
export function sealValues(key: SubjectKey, nonces: Mac, eventId: string, images: ClearImages): SealedValues {
  const text = JSON.stringify(images);
  const nonce = Buffer.from(nonces(eventId + text).slice(0, NONCE_TEXT_LENGTH), 'base64url');
  const sealed = seal(key.seal, nonce, text, boundTo(eventId, key.id));
  return { sealed: sealed.toString('base64'), subject: key.id };
}

/** What {@link sealValues} was given; undefined for another key, another event, or bytes that were changed. */
export function openValues(
  key: SubjectKey,
  eventId: string,
  { subject, sealed }: SealedValues,
): ClearImages | undefined {
  const clear = unseal(key.seal, Buffer.from(sealed, 'base64'), boundTo(eventId, subject));
  return clear && (JSON.parse(clear.toString('utf8')) as ClearImages);
}
