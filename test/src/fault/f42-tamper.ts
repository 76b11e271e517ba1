import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareNotary, startProgram } from '@overlay/infra';
import { withSecretFiles } from '@overlay/runtime/testing';
import { Database, readCheckpoints } from '@overlay/storage';
import { waitFor } from '../kit/wait.ts';
import { attacks } from '../tamper/attacks.ts';
import { openSampleRecord, type SampleRecord, SOURCE, stateFolder } from '../tamper/sample-record.ts';
import type { Arena, Fault } from './arena.ts';

/** Where checkpoints are made: before the backup, and after it up to the end of the log. */
const BEFORE_BACKUP = [1, 300, 400, 500];
const AFTER_BACKUP = [900];
const NOTARY_MS_MAX = 60_000;
const EXIT_FINDINGS = 6;
/** The record, its backup, and the copy that is attacked. */
const NAMES = { record: 'f42', backup: 'f42_backup', copy: 'f42_copy' };

/** Attacks on a record by somebody with all rights on its database. */
export const tamper: Fault = {
  name: 'F42',
  what: 'attacks on the record and on its self-audit as superuser of the database, each reported and located',
  async play(arena) {
    const { url } = (await arena.servers()).postgres;
    const directory = mkdtempSync(join(tmpdir(), 'overlay-f42-'));
    const server = new Database(url, 1);
    arena.onEnd(() => server.close());
    const urlOf = (name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
    const copyOf = async (name: string, template: string): Promise<void> => {
      await server.query(`drop database if exists ${name} with (force)`);
      await server.query(`create database ${name} template ${template}`);
    };
    const scene: Scene = {
      directory,
      notaryLogin: await makeNotaryLogin(server),
      definitions: join(directory, 'definitions'),
      witness: await startWitness(arena, directory),
    };
    const nonceKey = randomBytes(32).toString('base64');
    await copyOf(NAMES.record, 'template1');
    const notarizeUpTo = async (sequences: readonly number[]): Promise<SampleRecord> => {
      const record = await openSampleRecord(urlOf(NAMES.record), directory, nonceKey);
      for (const last of sequences) {
        await record.land(last);
        await notarize(record, scene, last);
      }
      await record.database.close();
      return record;
    };
    await notarizeUpTo(BEFORE_BACKUP);
    await copyOf(NAMES.backup, NAMES.record);
    const record = await notarizeUpTo(AFTER_BACKUP);
    await auditctl(record, scene, { url: record.url, log: scene.definitions, words: ['definitions'] });
    arena.check(
      'nothing is found before',
      await verified(record, scene, record.url, /"findings":\[\],"unchecked":\[\]/, 0),
    );
    for (const [index, { name, log, strike, seenBy }] of attacks.entries()) {
      await copyOf(NAMES.copy, strike ? NAMES.record : NAMES.backup);
      const copy = urlOf(NAMES.copy);
      await struck(copy, record, strike);
      const findings = await verified(record, scene, copy, seenBy.verify, EXIT_FINDINGS);
      if (seenBy.notary)
        findings.push(...(await refused(record, scene, { url: copy, log: log ?? SOURCE }, seenBy.notary)));
      if (name.includes('stolen key')) findings.push(...(await unwitnessed(copy, scene)));
      arena.check(`${index + 1} ${name}`, findings);
    }
    return { attacks: attacks.length };
  },
};

interface Scene {
  readonly directory: string;
  /** User and password of the role of the notary. */
  readonly notaryLogin: readonly [user: string, password: string];
  /** File of `auditctl definitions`. */
  readonly definitions: string;
  readonly witness: Witness;
}

/** Somebody else, who cosigns. */
interface Witness {
  readonly url: string;
  /** File with its public key and that of the notary. */
  readonly keysFile: string;
  readonly key: string;
}

async function startWitness(arena: Arena, directory: string): Promise<Witness> {
  const log = join(directory, 'witness.log');
  const { keysFile } = prepareNotary(directory, [SOURCE]);
  const program = startProgram({
    file: 'services/witness/src/main.ts',
    environment: {
      WITNESS_NAME: 'witness.example',
      ...withSecretFiles({
        WITNESS_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }),
      WITNESS_LOGS: readFileSync(keysFile, 'utf8').trim(),
      WITNESS_STATE_DIR: join(directory, 'witness'),
    },
    log,
  });
  arena.onEnd(() => program.stop());
  const line = await waitFor('the witness to listen', async () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .find((text) => text.includes('"witness listens"')),
  );
  const { witnessPort, key } = JSON.parse(line) as { witnessPort: number; key: string };
  const both = join(directory, 'keys');
  writeFileSync(both, `${readFileSync(keysFile, 'utf8')}${key}\n`);
  return { url: `http://127.0.0.1:${witnessPort}`, keysFile: both, key };
}

/** A witness must not cosign the newest checkpoint of a forged record. */
async function unwitnessed(url: string, { witness }: Scene): Promise<string[]> {
  const database = new Database(url, 1);
  const note = (await readCheckpoints(database, SOURCE)).at(-1)?.note;
  await database.close();
  const size = AFTER_BACKUP.at(-1);
  const answer = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: `old ${size}\n\n${note}` });
  return answer.status === 409 ? [] : [`the witness answers ${answer.status} to a forged checkpoint`];
}

async function makeNotaryLogin(server: Database): Promise<Scene['notaryLogin']> {
  const [user, password] = ['f42_notary_login', randomBytes(12).toString('hex')] as const;
  await server.query(
    `do $$ begin if not exists (select from pg_roles where rolname = 'audit_notary') then create role audit_notary nologin; end if; end $$`,
  );
  await server.query(`drop role if exists ${user}`);
  await server.query(`create role ${user} login password '${password}' in role audit_notary`);
  return [user, password];
}

async function struck(
  url: string,
  { notaryEnvironment }: SampleRecord,
  strike: (typeof attacks)[number]['strike'],
): Promise<void> {
  const database = new Database(url, 1);
  const { NOTARY_KEY_FILE = '', NOTARY_ORIGIN } = notaryEnvironment;
  await strike?.({ database, notaryKeyFile: NOTARY_KEY_FILE, origin: `${NOTARY_ORIGIN}/${SOURCE}` });
  await database.close();
}

/** Runs a notary over a database until it has said what is waited for. */
async function withNotary<Said>(
  { notaryEnvironment }: SampleRecord,
  { directory, notaryLogin, witness }: Scene,
  of: {
    readonly url: string;
    readonly stateFolder: string;
    readonly what: string;
    readonly environment?: Readonly<Record<string, string>>;
  },
  look: (log: string) => Promise<Said | undefined>,
): Promise<Said> {
  const log = join(mkdtempSync(join(directory, 'notary-run-')), 'log');
  const url = new URL(of.url);
  [url.username, url.password] = notaryLogin;
  const notary = startProgram({
    file: 'services/notary/src/main.ts',
    environment: {
      ...notaryEnvironment,
      NOTARY_STATE_DIR: of.stateFolder,
      ...withSecretFiles({ DATABASE_URL: url.href }),
      CHECKPOINT_S: '0.2',
      HEARTBEAT_S: '3600',
      SWEEP_TILES: '1000',
      WITNESS_URLS: witness.url,
      WITNESS_KEYS: witness.key,
      ...of.environment,
    },
    log,
  });
  try {
    return await waitFor(
      of.what,
      async () => {
        if (!notary.isRunning()) throw new Error(`the notary has ended: ${readFileSync(log, 'utf8')}`);
        return look(readFileSync(log, 'utf8'));
      },
      NOTARY_MS_MAX,
    );
  } finally {
    await notary.stop();
  }
}

const notarize = (record: SampleRecord, scene: Scene, size: number): Promise<true> =>
  withNotary(
    record,
    scene,
    { url: record.url, stateFolder: stateFolder(scene.directory), what: `a checkpoint of ${size} leaves` },
    async () => {
      const [row] = await record.database.query<{ size: string; logs: string }>(
        'select max(size) as size, count(distinct source) as logs from audit.checkpoints',
      );
      return Number(row?.size) === size && row?.logs === '2' ? true : undefined;
    },
  );

/** A notary that remembers what it signed must say what is wrong, and sign nothing of that log. Copies of the record go on apart: it has anchors of its own. */
async function refused(
  record: SampleRecord,
  scene: Scene,
  { url, log }: { readonly url: string; readonly log: string },
  expected: RegExp,
): Promise<string[]> {
  const stateFolderOfCopy = mkdtempSync(join(scene.directory, 'notary-state-'));
  cpSync(stateFolder(scene.directory), stateFolderOfCopy, { recursive: true });
  const anchorFile = join(stateFolderOfCopy, 'anchors');
  const alone = { ANCHOR_FILE: anchorFile, WITNESS_URLS: '', WITNESS_KEYS: '' };
  const of = { url, stateFolder: stateFolderOfCopy, what: 'the notary to refuse', environment: alone };
  const said = await withNotary(record, scene, of, async (text) =>
    text.split('\n').find((line) => line.includes('"the record was changed: no checkpoint is signed"')),
  ).catch((thrown: unknown) => String(thrown));
  const signed = existsSync(anchorFile) && readFileSync(anchorFile, 'utf8').includes(`"source":"${log}"`);
  return [
    ...(expected.test(said) ? [] : [`the notary says ${said}`]),
    ...(signed ? ['the notary signed it all the same'] : []),
  ];
}

async function verified(
  record: SampleRecord,
  scene: Scene,
  url: string,
  expected: RegExp,
  code: number,
): Promise<string[]> {
  const log = join(mkdtempSync(join(scene.directory, 'verify-')), 'said');
  const words = ['--json', 'verify', '--definitions', scene.definitions];
  const exit = await auditctl(record, scene, { url, log, words });
  const said = oneLine(readFileSync(log, 'utf8'));
  return exit === code && expected.test(said) ? [] : [`auditctl verify ends with ${exit} and says ${said}`];
}

function oneLine(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

async function auditctl(
  { anchorFile }: SampleRecord,
  { witness }: Scene,
  { url, log, words }: { readonly url: string; readonly log: string; readonly words: readonly string[] },
): Promise<number | null> {
  const program = startProgram({
    file: 'packages/cli/src/main.ts',
    arguments: words,
    environment: {
      ...withSecretFiles({ DATABASE_URL: url }),
      EVIDENCE_KEYS_FILE: witness.keysFile,
      ANCHOR_FILE: anchorFile,
    },
    log,
  });
  return (await program.exited).code;
}
