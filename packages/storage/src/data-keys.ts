import { randomBytes } from 'node:crypto';
import { type Logger, lookEvery, messageOf, secret, Trouble } from '@overlay/runtime';
import { fingerprintOf, KEY_BYTES, NONCE_BYTES, parseKey, unwrapKey, wrapKey } from '@overlay/sealing';
import { z } from 'zod';
import { Database } from './database.ts';
import { keysConfig } from './key-store.ts';
import { queryKeys } from './query-keys.ts';

/** What a program must be told to seal and open the bytes of dead letters. */
export const deadLetterConfig = {
  ...keysConfig,
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

/**
 * @param keys the database of keys; throws the trouble `keys.unreachable` while it is away
 * @param masterKey the text of DEAD_LETTER_KEY
 */
export function makeDataKeys(keys: Database, masterKey: string): DataKeys {
  const master = parseKey(masterKey);
  if (!master) throw new RangeError('the master key of dead letters is not 32 bytes in base64');
  const find = async (keyId: string): Promise<Uint8Array | undefined> => {
    const [row] = await queryKeys<{ wrapped: Buffer }>(
      keys,
      'select wrapped from audit_keys.day_keys where key_id = $1',
      [keyId],
    );
    return row && unwrapKey(master, row.wrapped, keyId);
  };
  return {
    find,
    async today() {
      const day = new Date().toISOString().slice(0, 10);
      // Not as they were called in the record, or one of today that is moved from there would meet another.
      const keyId = `${day}.${fingerprintOf(master)}`;
      const known = await find(keyId);
      if (known) return { keyId, key: known };
      const wrapped = wrapKey(master, randomBytes(NONCE_BYTES), randomBytes(KEY_BYTES), keyId);
      await queryKeys(
        keys,
        'insert into audit_keys.day_keys (key_id, day, wrapped) values ($1, $2, $3) on conflict do nothing',
        [keyId, day, wrapped],
      );
      const key = await find(keyId); // another program may have been first
      if (!key) throw new Trouble('keys.unreachable', `the key ${keyId} of dead letters is not visible`);
      return { keyId, key };
    },
    async expire(days) {
      const gone = await queryKeys(
        keys,
        "delete from audit_keys.day_keys where day < (now() at time zone 'UTC')::date - $1::int returning key_id",
        [days],
      );
      return gone.length;
    },
  };
}

const EXPIRE_MS = 3_600_000;

/** What a program that has dead letters is told, and how it ends. */
interface Keeper {
  readonly config: { readonly KEYS_URL: string; readonly DEAD_LETTER_KEY: string; readonly DEAD_LETTER_DAYS: number };
  readonly logger: Logger;
  readonly onClose: (close: () => Promise<void>) => void;
}

/** The keys of dead letters over a connection of their own, while the program runs; those that expired are removed every hour. */
export function keepDataKeys({ config, logger, onClose }: Keeper): DataKeys {
  const keys = new Database(config.KEYS_URL, 1);
  onClose(() => keys.close());
  const dataKeys = makeDataKeys(keys, config.DEAD_LETTER_KEY);
  onClose(expireHourly(dataKeys, config.DEAD_LETTER_DAYS, logger));
  return dataKeys;
}

/** Removes expired keys now and every hour; a database that is away is asked again in the next. Returns the function that ends it. */
function expireHourly(dataKeys: DataKeys, days: number, logger: Logger): () => Promise<void> {
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
