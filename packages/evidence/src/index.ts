export { canonicalJson } from './canonical.ts';
export { DIGEST_OF_NOTHING, digest, digestAfter } from './digest.ts';
export { identify } from './identity.ts';
