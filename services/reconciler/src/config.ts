import { SELF_AUDIT } from '@overlay/model';
import { reconcileConfig } from '@overlay/reconcile';
import { keyStoreConfig, storageConfig } from '@overlay/storage';
import { z } from 'zod';

export const config = {
  ...storageConfig,
  ...reconcileConfig,
  KEYS_URL: keyStoreConfig.KEYS_URL.optional().describe(
    'the database of keys, as audit_opener: without it, columns under tokens are not compared',
  ),
  MASTER_KEY: keyStoreConfig.MASTER_KEY.optional().describe('the master keys, for the same'),
  RECONCILE_EVERY_H: z.coerce
    .number()
    .min(0)
    .max(8760)
    .default(24)
    .describe('hours between two comparisons of the source with its log, 0 for none'),
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
};
