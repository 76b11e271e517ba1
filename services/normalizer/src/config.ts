import { packConfig } from '@overlay/packs/load';
import { deadLetterConfig, evidenceConfig, keyStoreConfig, storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';
import { z } from 'zod';

export const config = {
  ...streamsConfig,
  ...storageConfig,
  ...deadLetterConfig,
  ...evidenceConfig,
  ...keyStoreConfig,
  ...packConfig,
  POISON: z
    .enum(['set_aside', 'stop'])
    .default('set_aside')
    .describe(
      'what happens to a transaction that cannot be read: it is set aside whole and later ones go on, or its source stops until a person decides',
    ),
  CONNECT_URL: z.url().optional().describe('REST API of Kafka Connect, to report on the connector of each source'),
};
