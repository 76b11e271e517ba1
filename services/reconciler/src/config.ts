import { SELF_AUDIT } from '@overlay/model';
import { reconcileConfig } from '@overlay/reconcile';
import { keyStoreConfig, storageConfig } from '@overlay/storage';
import { z } from 'zod';

export const config = {
  ...storageConfig,
  ...reconcileConfig,
  SOURCE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/i, 'has other than letters, digits, - and _')
    .refine((name) => name !== SELF_AUDIT, { error: `'${SELF_AUDIT}' is the name of a log of ours` })
    .describe('the source that SOURCE_URL is, by its name in the log'),
  CONNECT_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Kafka Connect's REST API: what the connector has read tells what is lost from what is on its way, its server id whether another shows the same",
    ),
  LOOK_S: z.coerce
    .number()
    .min(0.1)
    .max(86_400)
    .default(60)
    .describe('seconds between two looks at the source: its settings, what it executed, and what of it landed'),
  RECONCILE_AT: z
    .string()
    .regex(/^(off|([01]\d|2[0-3]):[0-5]\d)$/, "is neither a time of day, HH:MM in UTC, nor 'off'")
    .default('02:30')
    .describe(
      'time of day, HH:MM in UTC, at which the rows of the source are compared with the log, or `off`; what was missed is made up for at the next start',
    ),
  KEYS_URL: keyStoreConfig.KEYS_URL.optional(),
  MASTER_KEY: keyStoreConfig.MASTER_KEY.optional(),
};
