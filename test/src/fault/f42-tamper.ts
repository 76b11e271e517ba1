import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '@overlay/infra';
import { Database } from '@overlay/storage';
import { waitFor } from '../kit/wait.ts';
import { attacks } from '../tamper/attacks.ts';
import { openSampleRecord, type SampleRecord, SOURCE, stateFolder } from '../tamper/sample-record.ts';
import type { Fault } from './arena.ts';

/** Where checkpoints are made: before the backup, and after it up to the end of the log. */
const BEFORE_BACKUP = [1, 300, 400, 500];
const AFTER_BACKUP = [900];
const NOTARY_MS_MAX = 60_000;
const EXIT_FINDINGS = 6;
/** The record, its backup, and the copy that is attacked. */
const NAMES = { record: 'f42', backup: 'f42_backup', copy: 'f42_copy' };

/** Fourteen attacks on a record by somebody with all rights on its database. */
export const tamper: Fault = {
  name: 'F42',
  what: 'fourteen attacks on the record as superuser of the database, each reported and located',
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
    await auditctl(record, record.url, scene.definitions, ['definitions']);
    arena.check(
      'nothing is found before',
      await verified(record, scene, record.url, /"findings":\[\],"unchecked":\[\]/, 0),
    );
    for (const [index, { name, strike, seenBy }] of attacks.entries()) {
      await copyOf(NAMES.copy, strike ? NAMES.record : NAMES.backup);
      const copy = urlOf(NAMES.copy);
      await struck(copy, record, strike);
      const findings = await verified(record, scene, copy, seenBy.verify, EXIT_FINDINGS);
      if (seenBy.notary) findings.push(...(await refused(record, scene, copy, seenBy.notary)));
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
  { directory, notaryLogin }: Scene,
  of: { readonly url: string; readonly stateFolder: string; readonly what: string },
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
      DATABASE_URL: url.href,
      CHECKPOINT_S: '0.2',
      HEARTBEAT_S: '3600',
      SWEEP_TILES: '1000',
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
      const [row] = await record.database.query<{ size: string }>('select max(size) as size from audit.checkpoints');
      return Number(row?.size) === size ? true : undefined;
    },
  );

/** A notary that remembers what it signed must say what is wrong, and sign nothing. */
async function refused(record: SampleRecord, scene: Scene, url: string, expected: RegExp): Promise<string[]> {
  const own = mkdtempSync(join(scene.directory, 'notary-state-'));
  cpSync(stateFolder(scene.directory), own, { recursive: true });
  const anchored = readFileSync(record.anchorFile, 'utf8');
  const said = await withNotary(record, scene, { url, stateFolder: own, what: 'the notary to refuse' }, async (log) =>
    log.split('\n').find((line) => line.includes('"the record was changed: no checkpoint is signed"')),
  ).catch((thrown: unknown) => String(thrown));
  return [
    ...(expected.test(said) ? [] : [`the notary says ${said}`]),
    ...(readFileSync(record.anchorFile, 'utf8') === anchored ? [] : ['the notary signed it all the same']),
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
  const exit = await auditctl(record, url, log, words);
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
  { keysFile, anchorFile }: SampleRecord,
  url: string,
  log: string,
  words: readonly string[],
): Promise<number | null> {
  const program = startProgram({
    file: 'packages/cli/src/main.ts',
    arguments: words,
    environment: { DATABASE_URL: url, EVIDENCE_KEYS_FILE: keysFile, ANCHOR_FILE: anchorFile },
    log,
  });
  return (await program.exited).code;
}
