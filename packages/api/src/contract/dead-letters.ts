import { Timestamp } from '@overlay/model';
import { z } from 'zod';
import { StageRequest } from './requests.ts';
import { count } from './words.ts';

/** Dead letters that belong together: the records of what is set aside under a sequence, or one by itself. */
export const DeadLetterUnit = z.object({
  /** Id of the first of them. */
  deadLetterId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  sequence: z.int().nullable(),
  transactionId: z.string().nullable(),
  /** Whether a whole transaction is set aside, or only this record was refused. */
  isSetAside: z.boolean(),
  /** The sequence that repaired it; null while it is open. */
  repairedBy: z.int().nullable(),
  count,
  /** Codes of what is wrong, and in how many records; records that are kept beside those do not count here. */
  codes: z.record(z.string(), count),
  detail: z.string(),
  firstFoundAt: Timestamp,
  lastFoundAt: Timestamp,
});
export type DeadLetterUnit = z.infer<typeof DeadLetterUnit>;

/** The newest first. */
export const DeadLetterList = z.object({
  timeZone: z.string(),
  /** How many fit the filter; the list holds the first of them. */
  total: count,
  units: z.array(DeadLetterUnit),
});
export type DeadLetterList = z.infer<typeof DeadLetterList>;

export const DeadLetter = z.object({
  deadLetterId: z.uuid(),
  stage: z.string(),
  source: z.string(),
  sequence: z.int().nullable(),
  /** Place among the records that are set aside with it, from 1. */
  ordinal: z.int().nullable(),
  code: z.string(),
  detail: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  /** SHA-256 of key and value, in hexadecimal. */
  digest: z.string(),
  foundAt: Timestamp,
  /** gone: their key has expired, or is another one. sealed: no key was given. */
  bytes: z.enum(['readable', 'gone', 'sealed']),
  key: z.string().nullable(),
  value: z.string().nullable(),
  /** How `value` writes the bytes: as the text they are, or in base64. */
  encoding: z.enum(['utf8', 'base64']),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetters = z.object({
  timeZone: z.string(),
  /** What they belong to; null for a record by itself. */
  unit: DeadLetterUnit.nullable(),
  letters: z.array(DeadLetter),
  /** What was asked about their sequence, the newest first. */
  requests: z.array(StageRequest.omit({ meaning: true })),
});
export type DeadLetters = z.infer<typeof DeadLetters>;
