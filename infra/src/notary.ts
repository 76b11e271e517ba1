import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSigner } from '@overlay/evidence';
import { SELF_AUDIT } from '@overlay/model';

const ORIGIN = 'audit.local';

/** What a notary of its own needs, in files. */
export interface NotaryPlace {
  /** Its settings, but for the address of the database. */
  readonly environment: Readonly<Record<string, string>>;
  /** The public keys that its checkpoints are verified with, a line each. */
  readonly keysFile: string;
  /** Where it hands each checkpoint. */
  readonly anchorFile: string;
  /** For the digests of the definitions that the migrations made. */
  readonly definitionsFile: string;
}

/** Makes the key of a notary, which stays when it is there, and says where it works. */
export function prepareNotary(directory: string, sources: readonly string[]): NotaryPlace {
  const keyFile = join(directory, 'notary.key');
  if (!existsSync(keyFile)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o400 });
  }
  const pem = readFileSync(keyFile, 'utf8');
  const keysFile = join(directory, 'notary.pub');
  writeFileSync(
    keysFile,
    [...sources, SELF_AUDIT].map((log) => `${makeSigner(`${ORIGIN}/${log}`, pem).verifier.vkey}\n`).join(''),
  );
  const anchorFile = join(directory, 'anchors.jsonl');
  return {
    keysFile,
    anchorFile,
    definitionsFile: join(directory, 'definitions.json'),
    environment: {
      NOTARY_ORIGIN: ORIGIN,
      NOTARY_KEY_FILE: keyFile,
      NOTARY_STATE_DIR: join(directory, 'notary'),
      ANCHOR_FILE: anchorFile,
    },
  };
}
