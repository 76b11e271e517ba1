import { createSecretKey, type KeyObject } from 'node:crypto';
import { derive, type Mac, makeMac } from './mac.ts';
import { makeTokenize, type Tokenize } from './tokens.ts';

/** What the tokens, the names of subjects and the nonces of a domain come from. */
export interface DomainKey {
  readonly tokenize: Tokenize;
  /** The name under which a subject's key is stored: it does not tell whose it is. 32 hexadecimal digits. */
  readonly subjectId: (subject: string) => string;
  /** What the nonces of one source transaction come from. */
  readonly noncesOf: (source: string, transactionId: string) => Mac;
}

/** What the values of one subject are sealed under. Once it is destroyed, no token of theirs can be made or tried, and nothing opened. */
export interface SubjectKey {
  readonly id: string;
  readonly tokenize: Tokenize;
  readonly seal: KeyObject;
}

const SUBJECT_ID_DIGITS = 32;
/** A subject has few values, and there are many subjects. */
const SUBJECT_TOKENS_MAX = 16;
/** Joins the parts of a name; none of them holds this character in a name that people give. */
const BETWEEN = '\u001f';

export function domainKeyOf(key: Uint8Array): DomainKey {
  const [names, nonces] = [makeMac(derive(key, 'names of subjects')), makeMac(derive(key, 'nonces'))];
  return {
    tokenize: makeTokenize('token', derive(key, 'tokens')),
    subjectId: (subject) => Buffer.from(names(subject), 'base64url').toString('hex').slice(0, SUBJECT_ID_DIGITS),
    noncesOf: (source, transactionId) =>
      makeMac(Buffer.from(nonces(`${source}${BETWEEN}${transactionId}`), 'base64url')),
  };
}

export function subjectKeyOf(id: string, key: Uint8Array): SubjectKey {
  return {
    id,
    tokenize: makeTokenize('sealed', derive(key, 'tokens'), SUBJECT_TOKENS_MAX),
    seal: createSecretKey(derive(key, 'values')),
  };
}

/** The name of a subject: the row of a table of a source whose key has these values. Stays in memory; what is stored is its {@link DomainKey.subjectId}. */
export const subjectName = (source: string, table: string, key: readonly string[]): string =>
  [source, table, ...key].join(BETWEEN);
