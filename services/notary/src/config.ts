import { createPrivateKey } from 'node:crypto';
import { makeVerifier } from '@overlay/evidence';
import { secret } from '@overlay/runtime';
import { storageConfig } from '@overlay/storage';
import { z } from 'zod';

const seconds = (least: number, usual: number) => z.coerce.number().min(least).max(86_400).default(usual);
const list = () =>
  z
    .string()
    .optional()
    .transform((text) => text?.split(/[\s,]+/).filter((part) => part !== '') ?? []);

export const config = {
  ...storageConfig,
  NOTARY_ORIGIN: z
    .string()
    .regex(/^[^\s+]+$/, 'holds spaces or a plus sign')
    .describe('what the names of logs begin with, such as `audit.example`; the log of a source is `<origin>/<source>`'),
  NOTARY_KEY: secret()
    .refine(isEd25519, { error: 'is no Ed25519 private key in PEM, `openssl genpkey -algorithm ed25519`' })
    .describe(
      'the Ed25519 private key in PEM that checkpoints are signed with; its file can be read by its owner alone',
    ),
  NOTARY_STATE_DIR: z
    .string()
    .min(1)
    .describe('folder for what the notary remembers of each log; not on the machine of the database'),
  CHECKPOINT_S: seconds(0.1, 10).describe(
    'seconds between two looks for new rows, each of which ends with a checkpoint when there are any',
  ),
  HEARTBEAT_S: seconds(0.1, 60).describe(
    'seconds after which a log that does not grow is signed once more: silence says something too',
  ),
  SWEEP_TILES: z.coerce
    .number()
    .int()
    .min(0)
    .default(10)
    .describe('tiles of 256 older sequences that are read again at each look, around and around'),
  ANCHOR_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('file that every checkpoint is appended to, a line of JSON each; best on another machine'),
  ANCHOR_WEBHOOK: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL that every checkpoint is posted to'),
  WITNESS_URLS: list()
    .pipe(z.array(z.url({ protocol: /^https?$/ })))
    .describe('C2SP witnesses that are asked for a cosignature, separated by commas'),
  WITNESS_KEYS: list()
    .refine((keys) => keys.every(isVerifier), { error: 'is not a list of public keys `name+id+key`' })
    .describe('public keys of those witnesses, separated by commas or spaces'),
};

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

function isVerifier(vkey: string): boolean {
  try {
    return makeVerifier(vkey) !== undefined;
  } catch {
    return false;
  }
}
