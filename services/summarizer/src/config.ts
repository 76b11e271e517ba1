import { llmConfig } from '@overlay/llm';
import { deadLetterConfig, storageConfig } from '@overlay/storage';
import { streamsConfig } from '@overlay/streams';
import { z } from 'zod';

export const config = {
  ...streamsConfig,
  ...storageConfig,
  ...deadLetterConfig,
  ...llmConfig,
  SUMMARY_INTERVAL_S: z.coerce
    .number()
    .min(1)
    .default(300)
    .describe('seconds between two looks for days whose summary is missing or behind'),
};
