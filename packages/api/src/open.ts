import type { Caller } from '@overlay/model';
import { loadPack } from '@overlay/packs/load';
import { reconcileConfig } from '@overlay/reconcile';
import {
  Database,
  deadLetterConfig,
  KeyStore,
  keyStoreConfig,
  makeDataKeys,
  makeRecorder,
  storageConfig,
} from '@overlay/storage';
import { z } from 'zod';
import type { Api } from './api.ts';
import { makeApi } from './make-api.ts';
import type { SourceAccess } from './reconcile.ts';
import type { SealedKeys } from './sealed.ts';

const STAGE_URL = /^([a-z0-9-]+)=(https?:\/\/\S+)$/;

/** What a program must be told to answer questions about the audit record. */
export const apiConfig = {
  DATABASE_URL: storageConfig.DATABASE_URL,
  SELF_AUDIT_FILE: storageConfig.SELF_AUDIT_FILE,
  DEAD_LETTER_KEY: deadLetterConfig.DEAD_LETTER_KEY.optional().describe(
    'the key of dead letters, to show their bytes and to hand in corrected ones',
  ),
  DEAD_LETTER_DAYS: deadLetterConfig.DEAD_LETTER_DAYS,
  KEYS_URL: keyStoreConfig.KEYS_URL.optional().describe(
    'the database of keys: for the bytes of dead letters as audit_reader, to open as audit_opener, to erase and hold as audit_officer',
  ),
  MASTER_KEY: keyStoreConfig.MASTER_KEY.optional().describe('the master keys, for the same'),
  ...reconcileConfig,
  SOURCE_URL: reconcileConfig.SOURCE_URL.optional().describe(
    'the live source, to compare the log with: mysql://user:password@host:port/database',
  ),
  RAW_TOPIC_HOURS: z.coerce
    .number()
    .min(1)
    .default(25)
    .describe('hours after which a record of a raw topic is gone: its retention, and the length of a segment'),
  KEY_BACKUP_DAYS: z.coerce
    .number()
    .min(0)
    .default(35)
    .describe('days for which backups of the database of keys are kept'),
  PACK_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      "folder of the pack: its time zone is that of 'today', its report is the summary; none: UTC, events by type",
    ),
  CONNECT_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Kafka Connect's REST API, for the state of the connectors"),
  STAGE_URLS: z
    .string()
    .optional()
    .transform((text) => text?.split(',').map((part) => part.trim()) ?? [])
    .refine((parts) => parts.every((part) => STAGE_URL.test(part)), { error: 'is not a list stage=http://host:port' })
    .transform((parts) => Object.fromEntries(parts.map((part) => STAGE_URL.exec(part)?.slice(1) ?? [])))
    .pipe(z.record(z.string(), z.string()))
    .describe(
      'health endpoints of the stages, `normalizer=http://127.0.0.1:9101,inferencer=…`, for their health and lag',
    ),
};

/** A rebuild reads the log and the events that hold, and writes, at once. */
const CONNECTIONS_MAX = 4;

/**
 * The API over a database and a pack of its own, for somebody whose acts go on record; close it at the end. Throws an Error that lists every mistake of
 * the pack.
 */
export async function openApi(
  config: z.infer<z.ZodObject<typeof apiConfig>>,
  caller: Caller,
): Promise<{ readonly api: Api; readonly close: () => Promise<void> }> {
  const pack = config.PACK_DIR === undefined ? undefined : await loadPack(config.PACK_DIR);
  const database = new Database(config.DATABASE_URL, CONNECTIONS_MAX);
  const record = makeRecorder(database, caller, config.SELF_AUDIT_FILE);
  const keys = config.KEYS_URL === undefined ? undefined : new Database(config.KEYS_URL, 1);
  const api = makeApi({
    record,
    keys: keys && sealedKeys(keys, config),
    database,
    sourceAccess: sourceAccess(config),
    pack,
    now: () => new Date(),
    connectUrl: config.CONNECT_URL,
    stageUrls: config.STAGE_URLS,
    dataKeys: keys && config.DEAD_LETTER_KEY !== undefined ? makeDataKeys(keys, config.DEAD_LETTER_KEY) : undefined,
  });
  const close = async (): Promise<void> => {
    await keys?.close();
    await database.close();
  };
  return { api, close };
}

function sourceAccess(config: z.infer<z.ZodObject<typeof apiConfig>>): SourceAccess | undefined {
  const { SOURCE_URL: url, RECONCILE_READERS: readers, RECONCILE_ROWS_PER_S: rows_per_s_max } = config;
  return url === undefined ? undefined : { url, readers, rows_per_s_max };
}

function sealedKeys(database: Database, config: z.infer<z.ZodObject<typeof apiConfig>>): SealedKeys | undefined {
  const { MASTER_KEY, RAW_TOPIC_HOURS, KEY_BACKUP_DAYS, DEAD_LETTER_DAYS } = config;
  if (MASTER_KEY === undefined) return undefined;
  return {
    database,
    store: new KeyStore(database, MASTER_KEY),
    rawTopicHours: RAW_TOPIC_HOURS,
    keyBackupDays: KEY_BACKUP_DAYS,
    deadLetterDays: DEAD_LETTER_DAYS,
  };
}
