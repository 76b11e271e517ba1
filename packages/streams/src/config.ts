import { SELF_AUDIT } from '@overlay/model';
import { names } from '@overlay/runtime';
import { z } from 'zod';

/** What a stage must be told to read and write topics. */
export const streamsConfig = {
  SOURCES: names()
    .refine((sources) => !sources.includes(SELF_AUDIT), { error: `'${SELF_AUDIT}' is the name of a log of ours` })
    .describe('the sources under audit, comma-separated; the raw topic of each is cdc.<source>'),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .describe('host:port, comma-separated'),
  SCHEMA_REGISTRY_URL: z.url().describe('Confluent-compatible API of the schema registry'),
  KAFKA_SESSION_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .max(300_000)
    .default(10_000)
    .describe(
      'how long the group waits for a member that is silent before another takes over its partitions, in milliseconds; brokers allow from group.min.session.timeout.ms (6000) on',
    ),
  WAITING_ALARM_S: z.coerce
    .number()
    .min(1)
    .default(60)
    .describe(
      'seconds without a further record after which a transaction that is not whole is an alarm: /readyz answers 503 until it goes on',
    ),
  PUBLISH: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'off: land in the database only; what landed meanwhile is published when it is on again (no later stage hears of it before)',
    ),
  KAFKA_REQUEST_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(4_194_304)
    .describe('bytes published to a topic in one request'),
  TOPIC_PREFIX: z
    .string()
    .regex(/^[\w.-]*$/)
    .default('')
    .describe('put before the names of our own topics and groups where several installations share one Kafka'),
  TOPIC_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('partitions of the output topic when it is made; sources spread over them, and may not move afterwards'),
  TOPIC_RETENTION_HOURS: z.coerce
    .number()
    .min(1)
    .default(720)
    .describe('how long the output topic keeps records when it is made; a stage that was away for longer meets a gap'),
  TOPIC_REPLICAS: z.coerce.number().int().min(1).default(1).describe('replicas of the output topic when it is made'),
};

/** What the settings above become: the part of a program's configuration that an arrow needs. */
export type StageConfig = z.infer<z.ZodObject<typeof streamsConfig>>;
