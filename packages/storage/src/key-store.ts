import { randomBytes } from 'node:crypto';
import { Misconfigured, secret, Trouble } from '@overlay/runtime';
import {
  type DomainKey,
  domainKeyOf,
  fingerprintOf,
  KEY_BYTES,
  NONCE_BYTES,
  parseKeys,
  type SubjectKey,
  subjectKeyOf,
  unwrapKey,
  wrapKey,
} from '@overlay/sealing';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';
import { queryKeys } from './query-keys.ts';

/** What a program must be told to reach the database of keys. */
export const keysConfig = {
  KEYS_URL: secret().describe(
    'postgres://user:password@host:port/database of the keys: another database than the record',
  ),
};

/** And to use the keys of sealed values there. */
export const keyStoreConfig = {
  ...keysConfig,
  MASTER_KEY: secret()
    .refine((text) => parseKeys(text) !== undefined, {
      error: 'holds no keys: 32 random bytes in base64 a line, `openssl rand -base64 32`',
    })
    .describe('the master keys, 32 bytes in base64 a line: the first wraps, all of them unwrap'),
};

/** A subject's key, or that there is none any more and never will be. */
export type FoundKey = SubjectKey | 'destroyed';

/** The master keys: the one that wraps, and all that unwrap, by their fingerprints. */
interface Masters {
  readonly current: Buffer;
  readonly currentName: string;
  readonly byName: ReadonlyMap<string, Buffer>;
}

interface WrappedRow {
  readonly master: string;
  readonly wrapped: Buffer;
}

interface SubjectRow {
  readonly subject_id: string;
  readonly master: string | null;
  readonly wrapped: Buffer | null;
}

const domainName = (domain: string): string => `domain ${domain}`;
const subjectKeyName = (id: string): string => `subject ${id}`;

const ROTATED_AT_ONCE = 500;
const WRAPPED = [
  { table: 'domain_keys', id: 'domain', nameOf: domainName },
  { table: 'subject_keys', id: 'subject_id', nameOf: subjectKeyName },
] as const;

/** The subject is held: its key cannot be destroyed. */
export class SubjectHeld extends Error {
  override readonly name = 'SubjectHeld';
}

/** What the database of keys says then. */
const isHeld = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'AH001';

/**
 * The keys of sealed values, in a database of their own, wrapped by a master key. Whoever is first makes a key, everybody else gets that one. Throws
 * the trouble `keys.unreachable` while the database is away, and `keys.other_master` for a key that none of our master keys unwraps.
 */
export class KeyStore {
  readonly #database: Database;
  readonly #masters: Masters;

  /** @param masterKey the text of MASTER_KEY */
  constructor(database: Database, masterKey: string) {
    this.#database = database;
    this.#masters = mastersOf(masterKey);
  }

  /** The key of a domain, made when there is none. */
  async domainKey(domain: string): Promise<DomainKey> {
    const known = await this.findDomainKey(domain);
    if (known) return known;
    await this.#query(
      'insert into audit_keys.domain_keys (domain, master, wrapped) values ($1, $2, $3) on conflict do nothing',
      [domain, this.#masters.currentName, this.#newKey(domainName(domain))],
    );
    const made = await this.findDomainKey(domain);
    if (!made) throw new Trouble('keys.unreachable', `the key of domain ${domain} is not visible`);
    return made;
  }

  async findDomainKey(domain: string): Promise<DomainKey | undefined> {
    const [row] = await this.#query<WrappedRow>(
      'select master, wrapped from audit_keys.domain_keys where domain = $1',
      [domain],
    );
    return row && domainKeyOf(this.#unwrap(row, domainName(domain)));
  }

  /** The keys of subjects of a domain by their ids, those that are not there made. */
  async subjectKeys(domain: string, ids: readonly string[]): Promise<ReadonlyMap<string, FoundKey>> {
    const known = await this.findSubjectKeys(ids);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    await this.#query(
      `insert into audit_keys.subject_keys (domain, master, subject_id, wrapped)
        select $1, $2, * from unnest($3::text[], $4::bytea[]) on conflict do nothing`,
      [domain, this.#masters.currentName, missing, missing.map((id) => this.#newKey(subjectKeyName(id)))],
    );
    return new Map([...known, ...(await this.findSubjectKeys(missing))]);
  }

  /** The keys that there are. */
  async findSubjectKeys(ids: readonly string[]): Promise<ReadonlyMap<string, FoundKey>> {
    const rows = await this.#query<SubjectRow>(
      'select subject_id, master, wrapped from audit_keys.subject_keys where subject_id = any($1)',
      [ids],
    );
    return new Map(rows.map((row) => [row.subject_id, this.#subjectKeyOf(row)]));
  }

  #subjectKeyOf({ subject_id, master, wrapped }: SubjectRow): FoundKey {
    if (wrapped === null || master === null) return 'destroyed';
    return subjectKeyOf(subject_id, this.#unwrap({ master, wrapped }, subjectKeyName(subject_id)));
  }

  /** Takes the key of a subject away for ever, and gives when; undefined when there is none to take. Throws {@link SubjectHeld}. */
  async destroy(id: string): Promise<string | undefined> {
    const [row] = await this.#query<{ at: string }>(
      `update audit_keys.subject_keys set master = null, wrapped = null, destroyed_at = now() where subject_id = $1 and wrapped is not null
        returning ${instant('destroyed_at')} as at`,
      [id],
    ).catch((thrown: unknown) => {
      throw isHeld(thrown) ? new SubjectHeld() : thrown;
    });
    return row?.at;
  }

  /** Wraps by the first master key whatever is wrapped by another one; gives how many keys. */
  async rotate(): Promise<number> {
    let count = 0;
    for (const { table, id, nameOf } of WRAPPED)
      for (;;) {
        const rows = await this.#query<WrappedRow & { readonly id: string }>(
          `select ${id} as id, master, wrapped from audit_keys.${table} where master <> $1 limit ${ROTATED_AT_ONCE}`,
          [this.#masters.currentName],
        );
        const wrapped = rows.map((row) => this.#wrap(nameOf(row.id), this.#unwrap(row, nameOf(row.id))));
        // What was destroyed meanwhile stays so.
        await this.#query(
          `update audit_keys.${table} k set master = $1, wrapped = n.wrapped from unnest($2::text[], $3::bytea[]) as n (id, wrapped)
            where k.${id} = n.id and k.wrapped is not null`,
          [this.#masters.currentName, rows.map((row) => row.id), wrapped],
        );
        count += rows.length;
        if (rows.length < ROTATED_AT_ONCE) break;
      }
    return count;
  }

  #wrap(name: string, key: Uint8Array): Buffer {
    return wrapKey(this.#masters.current, randomBytes(NONCE_BYTES), key, name);
  }

  #newKey(name: string): Buffer {
    return this.#wrap(name, randomBytes(KEY_BYTES));
  }

  #unwrap({ master, wrapped }: WrappedRow, name: string): Buffer {
    const by = this.#masters.byName.get(master);
    const key = by && unwrapKey(by, wrapped, name);
    if (!key)
      throw new Trouble('keys.other_master', `the ${name.replace(/ .*/s, '')} key is wrapped by master key ${master}`);
    return key;
  }

  #query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return queryKeys<Row>(this.#database, text, values);
  }
}

function mastersOf(text: string): Masters {
  const keys = parseKeys(text);
  if (!keys) throw new Misconfigured(['MASTER_KEY holds no keys: 32 random bytes in base64 a line']);
  const [current] = keys;
  return {
    current,
    currentName: fingerprintOf(current),
    byName: new Map(keys.map((key) => [fingerprintOf(key), key])),
  };
}
