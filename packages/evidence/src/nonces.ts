import { hash } from 'node:crypto';
import { HASH_BYTES, sha256 } from './merkle.ts';

/** Bytes of a transaction's nonce key, and of an event's nonce. */
export const NONCE_BYTES = 16;
const HMAC_BLOCK_BYTES = 64;
const NONCES_PER_BLOCK = 4;

/**
 * Makes the function that gives each transaction its nonce key, as 16 characters of `latin1`: the first half of HMAC-SHA-256 (RFC 2104) of its
 * id under the secret. The same id has the same key in every run. Written out because Node's own costs ten times as much for so few bytes.
 */
export function makeNonceKeys(secret: Uint8Array): (transactionId: string) => string {
  if (secret.length < HASH_BYTES || secret.length > HMAC_BLOCK_BYTES)
    throw new RangeError(`a secret for nonces has ${HASH_BYTES} to ${HMAC_BLOCK_BYTES} bytes, not ${secret.length}`);
  const pad = (byte: number): string =>
    Buffer.from(Uint8Array.from({ length: HMAC_BLOCK_BYTES }, (_, index) => (secret[index] ?? 0) ^ byte)).toString(
      'latin1',
    );
  const [inner, outer] = [pad(0x36), pad(0x5c)];
  const outerBlock = Buffer.from(outer + '\0'.repeat(HASH_BYTES), 'latin1');
  const innerStart = Buffer.from(inner, 'latin1');
  return (transactionId) => {
    const digest = sha256(Buffer.concat([innerStart, Buffer.from(transactionId, 'utf8')]));
    outerBlock.write(digest, HMAC_BLOCK_BYTES, 'latin1');
    return sha256(outerBlock).slice(0, NONCE_BYTES);
  };
}

/**
 * Gives the nonces of a transaction's events, one after the other, as 16 characters of `latin1`. A nonce is a quarter of SHA-512 over the
 * transaction's nonce key and the number of the quadruple: who is shown one learns nothing of the key or of another.
 */
export function makeNonces(nonceKey: string): () => string {
  const input = Buffer.alloc(NONCE_BYTES + 4);
  input.write(nonceKey, 'latin1');
  let [block, next] = ['', 0];
  return () => {
    const place = next++ % NONCES_PER_BLOCK;
    if (place === 0) {
      input.writeUInt32BE((next - 1) / NONCES_PER_BLOCK, NONCE_BYTES);
      block = hash('sha512', input, 'binary');
    }
    return block.slice(place * NONCE_BYTES, (place + 1) * NONCE_BYTES);
  };
}
