import { names } from '@overlay/runtime';
import { z } from 'zod';

/** What a stage must be told to read and write topics. */
export const streamsConfig = {
  SOURCES: names().describe('the sources under audit, comma-separated; the raw topic of each is cdc.<source>'),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .describe('host:port, comma-separated'),
  SCHEMA_REGISTRY_URL: z.url().describe('Confluent-compatible API of the schema registry'),
  TOPIC_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('partitions of the output topic when it is made; sources spread over them, and may not move afterwards'),
  TOPIC_REPLICAS: z.coerce.number().int().min(1).default(1).describe('replicas of the output topic when it is made'),
};
