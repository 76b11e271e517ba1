export { fingerprintOf, KEY_BYTES, parseKey, unwrapKey, wrapKey } from './keys.ts';
export { NONCE_BYTES, seal, unseal } from './seal.ts';
