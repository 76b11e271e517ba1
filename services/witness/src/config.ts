import { makeVerifier } from '@overlay/evidence';
import { secret } from '@overlay/runtime';
import { z } from 'zod';

export const config = {
  WITNESS_NAME: z
    .string()
    .regex(/^[^\s+]+$/, 'holds spaces or a plus sign')
    .describe('the name that cosignatures stand under, such as `witness.example`'),
  WITNESS_KEY: secret().describe('its Ed25519 private key in PEM'),
  WITNESS_LOGS: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .refine((keys) => keys.length > 0 && keys.every(isVerifier), {
      error: 'is not a list of public keys `name+id+key`',
    })
    .describe('public keys of the logs that are witnessed, each named as its log, separated by commas or spaces'),
  WITNESS_STATE_DIR: z.string().min(1).describe('folder for the newest checkpoint of each log'),
  WITNESS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe('port of `POST /add-checkpoint`, 0 for any free one'),
};

function isVerifier(vkey: string): boolean {
  try {
    return makeVerifier(vkey) !== undefined;
  } catch {
    return false;
  }
}
