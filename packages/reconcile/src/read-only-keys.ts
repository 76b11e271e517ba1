import { randomBytes } from 'node:crypto';
import type { KeySource } from '@overlay/canonical';
import { KEY_BYTES, subjectKeyOf } from '@overlay/sealing';
import { type KeyStore, Unanswerable } from '@overlay/storage';

/**
 * The keys that there are; none is made. Who has no key has no value in the log: his token is one that stands nowhere.
 */
export const readOnlyKeys = (store: KeyStore): KeySource => ({
  async domainKey(domain) {
    const key = await store.findDomainKey(domain);
    if (!key)
      throw new Unanswerable(
        'conflict',
        `there is no key of the pack ${domain} in the database of keys`,
        'is KEYS_URL the one that the normalizer has?',
      );
    return key;
  },
  async subjectKeys(_, ids) {
    const known = await store.findSubjectKeys(ids);
    return new Map(ids.map((id) => [id, known.get(id) ?? subjectKeyOf(id, randomBytes(KEY_BYTES))]));
  },
});
