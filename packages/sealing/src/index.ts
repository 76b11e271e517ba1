export { fingerprintOf, KEY_BYTES, parseKey, parseKeys, unwrapKey, wrapKey } from './keys.ts';
export type { Mac } from './mac.ts';
export { NONCE_BYTES, seal, unseal } from './seal.ts';
export { type ClearImages, openValues, type SealedValues, sealValues } from './sealed-values.ts';
export { type DomainKey, domainKeyOf, type SubjectKey, subjectKeyOf, subjectName } from './subjects.ts';
export { ERASED, REDACTED, type Tokenize } from './tokens.ts';
