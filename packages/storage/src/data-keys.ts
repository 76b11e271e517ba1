import { randomBytes } from 'node:crypto';
import { type Logger, lookEvery, messageOf, secret, Trouble } from '@overlay/runtime';
import { fingerprintOf, KEY_BYTES, NONCE_BYTES, parseKey, unwrapKey, wrapKey } from '@overlay/sealing';
import { z } from 'zod';
import type { Database } from './database.ts';

/** What a program must be told to seal and open the bytes of dead letters. */
export const deadLetterConfig = {
  DEAD_LETTER_KEY: secret()
    .refine((text) => parseKey(text) !== undefined, {
      error: 'is not a key: 32 random bytes in base64, `openssl rand -base64 32`',
    })
    .describe('32 bytes in base64, the key that wraps the keys of dead letters; the same for all programs'),
  DEAD_LETTER_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .describe('days after which the bytes of a dead letter cannot be read any more; its place, digest and fault stay'),
};

/** A key for the bytes of one day, and the name it is stored under. */
export interface DataKey {
  readonly keyId: string;
  readonly key: Uint8Array;
}

/**
 * The keys of dead letters: one for each day (UTC) and master key, made when it is needed first, stored wrapped. With a key that has expired
 * go all bytes that were sealed under it.
 */
export interface DataKeys {
  /** The key to seal with today. */
  readonly today: () => Promise<DataKey>;
  /** A key to open with; undefined when it has expired, or was wrapped under another master key. */
  readonly find: (keyId: string) => Promise<Uint8Array | undefined>;
  /** Removes the keys whose days are over; gives how many. */
  readonly expire: (days: number) => Promise<number>;
}

/** @param masterKey the text of DEAD_LETTER_KEY */
export function makeDataKeys(database: Database, masterKey: string): DataKeys {
  const master = parseKey(masterKey);
  if (!master) throw new RangeError('the master key of dead letters is not 32 bytes in base64');
  const find = async (keyId: string): Promise<Uint8Array | undefined> => {
    const [row] = await database.query<{ wrapped: Buffer }>(
      'select wrapped from audit_keys.data_keys where key_id = $1',
      [keyId],
    );
    return row && unwrapKey(master, row.wrapped, keyId);
  };
  return {
    find,
    async today() {
      const day = new Date().toISOString().slice(0, 10);
      const keyId = `${day}/${fingerprintOf(master)}`;
      const known = await find(keyId);
      if (known) return { keyId, key: known };
      const wrapped = wrapKey(master, randomBytes(NONCE_BYTES), randomBytes(KEY_BYTES), keyId);
      await database.query(
        'insert into audit_keys.data_keys (key_id, day, wrapped) values ($1, $2, $3) on conflict do nothing',
        [keyId, day, wrapped],
      );
      const key = await find(keyId); // another program may have been first
      if (!key) throw new Trouble('postgres.unreachable', `the key ${keyId} of dead letters is not visible`);
      return { keyId, key };
    },
    async expire(days) {
      const gone = await database.query(
        "delete from audit_keys.data_keys where day < (now() at time zone 'UTC')::date - $1::int returning key_id",
        [days],
      );
      return gone.length;
    },
  };
}

const EXPIRE_MS = 3_600_000;

/** Removes expired keys now and every hour; a database that is away is asked again in the next. Returns the function that ends it. */
export function expireHourly(dataKeys: Pick<DataKeys, 'expire'>, days: number, logger: Logger): () => Promise<void> {
  return lookEvery(EXPIRE_MS, async () => {
    try {
      const keys = await dataKeys.expire(days);
      if (keys > 0) logger.info({ keys, days }, 'keys of dead letters expired');
    } catch (thrown) {
      logger.debug({ detail: messageOf(thrown) }, 'keys of dead letters were not looked at');
    }
  });
}

/** Keys that were asked for, each once, inside the reading of many records. */
export function rememberKeys({ find }: Pick<DataKeys, 'find'>): DataKeys['find'] {
  const known = new Map<string, Promise<Uint8Array | undefined>>();
  return (keyId) => {
    const found = known.get(keyId) ?? find(keyId);
    known.set(keyId, found);
    return found;
  };
}
