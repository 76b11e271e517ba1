import { loadPack } from '@overlay/packs/load';
import { Database, deadLetterConfig, makeDataKeys, storageConfig } from '@overlay/storage';
import { z } from 'zod';
import { type Api, makeApi } from './api.ts';

const STAGE_URL = /^([a-z0-9-]+)=(https?:\/\/\S+)$/;

/** What a program must be told to answer questions about the audit record. */
export const apiConfig = {
  DATABASE_URL: storageConfig.DATABASE_URL,
  DEAD_LETTER_KEY: deadLetterConfig.DEAD_LETTER_KEY.optional().describe(
    'the key of dead letters, to show their bytes and to hand in corrected ones',
  ),
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

/** The API over a database and a pack of its own; close it at the end. Throws an Error that lists every mistake of the pack. */
export async function openApi(
  config: z.infer<z.ZodObject<typeof apiConfig>>,
): Promise<{ readonly api: Api; readonly close: () => Promise<void> }> {
  const pack = config.PACK_DIR === undefined ? undefined : await loadPack(config.PACK_DIR);
  const database = new Database(config.DATABASE_URL, CONNECTIONS_MAX);
  const api = makeApi({
    database,
    pack,
    now: () => new Date(),
    connectUrl: config.CONNECT_URL,
    stageUrls: config.STAGE_URLS,
    dataKeys: config.DEAD_LETTER_KEY === undefined ? undefined : makeDataKeys(database, config.DEAD_LETTER_KEY),
  });
  return { api, close: () => database.close() };
}
