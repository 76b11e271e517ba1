import { createSecretKey, type KeyObject } from 'node:crypto';
import { derive, mac, makeTokenize, type Tokenize } from './tokens.ts';

/** What the tokens, the names of subjects and the nonces of a domain come from. */
export interface DomainKey {
  readonly tokenize: Tokenize;
  /** The name under which a subject's key is stored: it does not tell whose it is. 32 hexadecimal digits. */
  readonly subjectId: (subject: string) => string;
  /** The key that nonces of one source transaction come from. */
  readonly nonceKeyOf: (source: string, transactionId: string) => KeyObject;
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

export function domainKeyOf(key: Uint8Array): DomainKey {
  const master = createSecretKey(key);
  const [names, nonces] = [derive(master, 'names of subjects'), derive(master, 'nonces')];
  return {
    tokenize: makeTokenize('token', derive(master, 'tokens')),
    subjectId: (subject) => mac(names, subject).toString('hex').slice(0, SUBJECT_ID_DIGITS),
    nonceKeyOf: (source, transactionId) => createSecretKey(mac(nonces, source, '\u001f', transactionId)),
  };
}

export function subjectKeyOf(id: string, key: Uint8Array): SubjectKey {
  const master = createSecretKey(key);
  return {
    id,
    tokenize: makeTokenize('sealed', derive(master, 'tokens'), SUBJECT_TOKENS_MAX),
    seal: derive(master, 'values'),
  };
}

/** Joins the parts of a subject's name; none of them holds this character in a name that people give. */
const BETWEEN = '\u001f';

/** The name of a subject: the row of a table of a source whose key has these values. Stays in memory; what is stored is its {@link DomainKey.subjectId}. */
export const subjectName = (source: string, table: string, key: readonly string[]): string =>
  [source, table, ...key].join(BETWEEN);
