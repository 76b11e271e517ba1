import { sourceConfig } from '@overlay/mysql';
import { z } from 'zod';

/** What a program that compares the log with a live source is told. */
export const reconcileConfig = {
  SOURCE_URL: sourceConfig.SOURCE_URL,
  RECONCILE_READERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('connections that read a source at a time when it is compared with the log'),
  RECONCILE_ROWS_PER_S: z.coerce
    .number()
    .min(1)
    .default(50_000)
    .describe('most rows a second that are read of a source when it is compared with the log'),
};
