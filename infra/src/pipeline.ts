import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPack } from '@overlay/packs/load';
import { Database, makePackViews, migrate, migrateKeys, readDefinitions } from '@overlay/storage';
import { type ConnectorTarget, registerConnector } from './connector.ts';
import type { Endpoints } from './endpoints.ts';
import { type NotaryPlace, prepareNotary } from './notary.ts';
import { lastLines } from './process.ts';
import { type RunningProgram, startProgram } from './program.ts';

const START_MS_MAX = 30_000;

/** The stages, in the order in which a record meets them. */
export const SERVICES = ['normalizer', 'inferencer', 'anomaly-scorer', 'summarizer'] as const;
export type Service = (typeof SERVICES)[number];
/** What can be started: the stages, and beside them the notary and who asks the source. */
type Startable = Service | 'notary' | 'reconciler';

export interface PipelineOptions {
  /** Names the source, its connector and its topic. */
  readonly source: string;
  /** The MySQL database under audit; it exists. */
  readonly mysqlDatabase: string;
  /** Superuser's URL of the Postgres database that the record goes to; it exists. */
  readonly postgresUrl: string;
  readonly packDirectory: string;
  /** Folder for the services' logs and secrets. */
  readonly directory: string;
  /** False: someone else has registered the connector of this source. Default: it is registered here. */
  readonly registersConnector?: boolean;
  /** The keys of another pipeline, to seal by the same. Default: a database and a master key of its own. */
  readonly keys?: KeyPlace;
  /** Further settings for every service. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where the keys of sealed values are. */
interface KeyPlace {
  /** Superuser's URL of the database of keys. */
  readonly ownerUrl: string;
  readonly masterKeyFile: string;
}

/** Everything of ours between the source and the record, on servers that run. */
export interface Pipeline {
  readonly source: string;
  /** URLs by who may use them; the files hold the same. */
  readonly urls: {
    readonly writer: string;
    readonly reader: string;
    readonly analyst: string;
    readonly officer: string;
    readonly notary: string;
    readonly reconciler: string;
  };
  /** Holds the address of the source for whoever asks it: the connector's login, which can read and no more. */
  readonly sourceFile: string;
  readonly readerFile: string;
  /** The reader's URL of the database of keys, for the bytes of dead letters. */
  readonly readerKeysFile: string;
  /** Holds the key of dead letters, for auditctl too. */
  readonly deadLetterKeyFile: string;
  /** Holds the key that nonces of the evidence log are made from: a second run with it gives the same log. */
  readonly nonceKeyFile: string;
  readonly keys: KeyPlace;
  /** What auditctl has to be told to open, erase and hold, beside what it is told otherwise. */
  readonly officer: Readonly<Record<string, string>>;
  /** Files that verifying needs, outside the record. */
  readonly notary: Pick<NotaryPlace, 'keysFile' | 'anchorFile' | 'definitionsFile'>;
  readonly start: (service: Startable, environment?: Readonly<Record<string, string>>) => RunningProgram;
  readonly running: (service: Startable) => RunningProgram | undefined;
  /** Where the running service serves its health and metrics. */
  readonly port: (service: Startable) => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Migrates the database, makes the logins and registers the connector; starts no service yet. */
export async function preparePipeline(stack: Endpoints & ConnectorTarget, options: PipelineOptions): Promise<Pipeline> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const notary = prepareNotary(options.directory, [options.source]);
  const urls = await prepareDatabase(options.postgresUrl, options.packDirectory, notary.definitionsFile);
  const secret = (name: string, text: string): string => {
    const file = join(options.directory, name);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  };
  const writerFile = secret('writer.url', urls.writer);
  const readerFile = secret('reader.url', urls.reader);
  const deadLetterKeyFile = keptKey(join(options.directory, 'dead-letter.key'));
  const nonceKeyFile = keptKey(join(options.directory, 'evidence-nonce.key'));
  const keys = options.keys ?? (await makeKeyPlace(options));
  const keysFile = secret('sealer.url', await prepareKeys(keys.ownerUrl, databaseOf(options.postgresUrl)));
  const inKeys = inKeysOf(urls, keys, secret);
  if (options.registersConnector !== false)
    await registerConnector(stack, { source: options.source, database: options.mysqlDatabase });
  const sourceFile = secret('source.url', sourceUrl(stack, options.mysqlDatabase));
  const sealing = { KEYS_URL_FILE: keysFile, MASTER_KEY_FILE: keys.masterKeyFile };
  const own: Readonly<Partial<Record<Startable, Readonly<Record<string, string>>>>> = {
    // Only the first stage seals, and makes leaves; who compares makes tokens, to see whether they are the same.
    normalizer: { ...sealing, EVIDENCE_NONCE_KEY_FILE: nonceKeyFile },
    notary: { ...notary.environment, DATABASE_URL_FILE: secret('notary.url', urls.notary) },
    reconciler: { ...sealing, ...askingOf(options.source, sourceFile, secret('reconciler.url', urls.reconciler)) },
  };
  const programs = new Map<Startable, RunningProgram>();
  const all: RunningProgram[] = [];
  return {
    source: options.source,
    urls,
    sourceFile,
    readerFile,
    readerKeysFile: inKeys.readerFile,
    deadLetterKeyFile,
    nonceKeyFile,
    keys,
    notary,
    officer: { DATABASE_URL_FILE: secret('officer.url', urls.officer), ...inKeys.officer },
    running: (service) => programs.get(service),
    port: (service) => portOf(service, programs.get(service)),
    start(service, environment) {
      const program = startProgram({
        file: `services/${service}/src/main.ts`,
        log: join(options.directory, `${service}.log`),
        environment: {
          SOURCES: options.source,
          KAFKA_BROKERS: stack.kafka.brokers.join(','),
          SCHEMA_REGISTRY_URL: stack.registry.url,
          DATABASE_URL_FILE: writerFile,
          KEYS_URL_FILE: inKeys.writerFile,
          DEAD_LETTER_KEY_FILE: deadLetterKeyFile,
          ...own[service],
          PACK_DIR: options.packDirectory,
          CONNECT_URL: stack.connect.url,
          ...options.environment,
          ...environment,
        },
      });
      programs.set(service, program);
      all.push(program);
      return program;
    },
    async stop() {
      await Promise.all(all.map((program) => program.isRunning() && program.stop()));
    },
  };
}

/** What those are told who have a role in both databases: each has one login, for these are on one server. */
function inKeysOf(urls: Pipeline['urls'], keys: KeyPlace, secret: (name: string, text: string) => string) {
  const fileOf = (kind: 'writer' | 'reader' | 'officer'): string =>
    secret(`${kind}-keys.url`, Object.assign(new URL(urls[kind]), { pathname: databasePath(keys) }).href);
  return {
    writerFile: fileOf('writer'),
    readerFile: fileOf('reader'),
    officer: { KEYS_URL_FILE: fileOf('officer'), MASTER_KEY_FILE: keys.masterKeyFile },
  };
}

/** An empty database of keys beside the record, on the same server: in production it stands elsewhere, with backups of its own. */
async function makeKeyPlace({ postgresUrl, directory }: PipelineOptions): Promise<KeyPlace> {
  const ownerUrl = new URL(postgresUrl);
  const name = `${databaseOf(postgresUrl)}_keys`;
  const server = new Database(postgresUrl, 1);
  try {
    await server.query(`drop database if exists "${name}" with (force)`);
    await server.query(`create database "${name}"`);
  } finally {
    await server.close();
  }
  ownerUrl.pathname = `/${name}`;
  return { ownerUrl: ownerUrl.href, masterKeyFile: keptKey(join(directory, 'master.key')) };
}

/** Gives the URL of whoever seals. */
async function prepareKeys(ownerUrl: string, name: string): Promise<string> {
  const database = new Database(ownerUrl, 1);
  try {
    await migrateKeys(database);
    return await makeLogin(database, ownerUrl, name, 'sealer');
  } finally {
    await database.close();
  }
}

const databasePath = ({ ownerUrl }: KeyPlace): string => new URL(ownerUrl).pathname;

const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

/** A login of its own with the rights of a role, named after the record's database so that several can share a server. */
async function makeLogin(database: Database, url: string, name: string, kind: string): Promise<string> {
  const own = new URL(url);
  const password = randomBytes(12).toString('hex');
  const role = `${name}_${kind}_login`;
  await database.query(`drop role if exists "${role}"`);
  await database.query(`create role "${role}" login password '${password}' in role audit_${kind}`);
  // What an analyst asks by SQL can be nowhere but in the server's log.
  if (kind === 'analyst') await database.query(`alter role "${role}" set log_statement = 'all'`);
  [own.username, own.password] = [role, password];
  return own.href;
}

/** A file with 32 random bytes in base64; one that is there stays, or what was sealed with it could not be read any more. */
function keptKey(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  return file;
}

/** What is told to who asks the source. */
const askingOf = (source: string, sourceFile: string, databaseFile: string) => ({
  SOURCE: source,
  SOURCE_URL_FILE: sourceFile,
  DATABASE_URL_FILE: databaseFile,
});

/** The address of a source for the login that the connector has. */
function sourceUrl({ mysql, replication }: Pick<ConnectorTarget, 'mysql' | 'replication'>, database: string): string {
  const properties = new Map(
    readFileSync(replication.file, 'utf8')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const url = new URL(`mysql://${mysql.host}:${mysql.port}/${encodeURIComponent(database)}`);
  [url.username, url.password] = [properties.get('user') ?? '', properties.get('password') ?? ''];
  return url.href;
}

/** The port is in the line that a service logs when it has started. */
async function portOf(service: Startable, program: RunningProgram | undefined): Promise<number> {
  for (const begin = Date.now(); program?.isRunning() && Date.now() - begin < START_MS_MAX; await sleep(50)) {
    const started = readFileSync(program.log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"pid":${program.pid},`) && line.includes('"program started"'))
      .at(-1);
    if (started) return (JSON.parse(started) as { port: number }).port;
  }
  throw new Error(
    `${service} has not started:\n${program ? lastLines(program.log, 10).join('\n') : 'it was never asked to'}`,
  );
}

/** Migrations, the views of the pack, and a login for each kind of user; what was made is written down for `auditctl verify`. */
async function prepareDatabase(url: string, packDirectory: string, definitionsFile: string): Promise<Pipeline['urls']> {
  const database = new Database(url, 1);
  try {
    await migrate(database);
    await makePackViews(database, await loadPack(packDirectory));
    writeFileSync(definitionsFile, `${JSON.stringify(await readDefinitions(database), null, 2)}\n`);
    const login = (kind: string): Promise<string> => makeLogin(database, url, databaseOf(url), kind);
    return {
      writer: await login('writer'),
      reader: await login('reader'),
      analyst: await login('analyst'),
      officer: await login('officer'),
      notary: await login('notary'),
      reconciler: await login('reconciler'),
    };
  } finally {
    await database.close();
  }
}
