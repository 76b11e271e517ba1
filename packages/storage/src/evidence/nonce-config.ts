import { secret } from '@overlay/runtime';
import { parseKey } from '@overlay/sealing';

/** What the stage that writes the evidence log must be told. */
export const evidenceConfig = {
  EVIDENCE_NONCE_KEY: secret()
    .refine((text) => parseKey(text) !== undefined, {
      error: 'is not a key: 32 random bytes in base64, `openssl rand -base64 32`',
    })
    .describe(
      '32 bytes in base64 that the nonces of events come from, so that nobody guesses a row by its hash; with another key the same rows give another log',
    ),
};
