import { storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';
import { z } from 'zod';

export const config = {
  ...streamsConfig,
  ...storageConfig,
  CONNECT_URL: z.url().optional().describe('REST API of Kafka Connect, to report on the connector of each source'),
};
