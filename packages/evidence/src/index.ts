export { canonicalJson } from './canonical.ts';
export { digest } from './digest.ts';
export { identify } from './identity.ts';
