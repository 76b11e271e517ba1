import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoints, type Pipeline, preparePipeline, runToEnd } from '@overlay/infra';
import { Database } from '@overlay/storage';
import mysql from 'mysql2/promise';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
export const PHARMACY_PACK = join(REPOSITORY, 'packs', 'pharmacy');

/** The address of a server that the test run started; throws when there is none. */
function address(
  name: 'MYSQL_URL' | 'KAFKA_BROKERS' | 'REGISTRY_URL' | 'CONNECT_URL' | 'POSTGRES_URL' | 'REPLICATION_FILE',
): string {
  const value = process.env[`OVERLAY_TEST_${name}`];
  if (!value) throw new Error(`OVERLAY_TEST_${name} is not set: run this test through \`npm test\``);
  return value;
}

/** A source of its own, a database of its own and the services between them, all on the servers that tests share. */
export interface World {
  readonly name: string;
  /** URL of MySQL with the source's database. */
  readonly mysqlUrl: string;
  readonly source: mysql.Connection;
  /** The record, as its owner sees it. */
  readonly record: Database;
  readonly pipeline: Pipeline;
  /** Folder of logs and secrets. */
  readonly directory: string;
  readonly topicPrefix: string;
  readonly servers: Endpoints;
  readonly close: () => Promise<void>;
}

/** The address of the record, for its owner. */
export const recordUrl = ({ name, servers }: World): string => new URL(`/${name}`, servers.postgres.url).href;

export interface WorldOptions {
  /** Letters and digits; names source, databases, connector and topics. */
  readonly name: string;
  /** Makes the tables of the source before the connector looks at them. */
  readonly makeSource: (mysqlUrl: string, database: string, directory: string) => Promise<void>;
  /** Default: the pharmacy's. */
  readonly packDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: those that the test run started, which tests share. */
  readonly servers?: Endpoints;
  /** False: the test writes the raw topic itself. Default: a connector does. */
  readonly registersConnector?: boolean;
}

export async function makeWorld({
  name,
  makeSource,
  environment,
  packDirectory = PHARMACY_PACK,
  servers = sharedServers(),
  registersConnector = true,
}: WorldOptions): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), `overlay-${name}-`));
  const root = mysqlRoot(servers);
  await makeSource(root.href, name, directory);
  const postgresUrl = await makeDatabase(name, servers.postgres.url);
  const topicPrefix = `${name}.`;
  const pipeline = await preparePipeline(servers, {
    source: name,
    mysqlDatabase: name,
    postgresUrl,
    packDirectory,
    directory,
    registersConnector,
    environment: { TOPIC_PREFIX: topicPrefix, ...environment },
  });
  const record = new Database(postgresUrl, 2);
  const mysqlUrl = new URL(`/${name}`, root).href;
  const source = await mysql.createConnection({
    uri: mysqlUrl,
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  await source.query("set time_zone = '+00:00'");
  return {
    name,
    mysqlUrl,
    source,
    record,
    pipeline,
    directory,
    topicPrefix,
    servers,
    async close() {
      await pipeline.stop();
      await fetch(`${servers.connect.url}/connectors/${name}`, { method: 'DELETE' });
      await source.end();
      await record.close();
    },
  };
}

/**
 * A second pipeline over the same raw topic of the same source, with an empty record and topics of its own: what it makes depends on the
 * source and the keys alone.
 */
export async function makeSecondRun(
  world: World,
): Promise<{ record: Database; pipeline: Pipeline; close: () => Promise<void> }> {
  const name = `${world.name}_again`;
  const postgresUrl = await makeDatabase(name, world.servers.postgres.url);
  const pipeline = await preparePipeline(world.servers, {
    source: world.name,
    mysqlDatabase: world.name,
    postgresUrl,
    packDirectory: PHARMACY_PACK,
    directory: mkdtempSync(join(tmpdir(), `overlay-${name}-`)),
    keys: world.pipeline.keys,
    registersConnector: false, // the topic is there, and may be complete without one
    environment: { TOPIC_PREFIX: `${name}.`, EVIDENCE_NONCE_KEY_FILE: world.pipeline.nonceKeyFile },
  });
  const record = new Database(postgresUrl, 2);
  return {
    record,
    pipeline,
    async close() {
      await pipeline.stop();
      await record.close();
    },
  };
}

/** An empty Postgres database; gives its owner's URL. */
async function makeDatabase(name: string, ownerUrl: string): Promise<string> {
  const owner = new URL(ownerUrl);
  const server = new Database(owner.href, 1);
  await server.query(`drop database if exists "${name}" with (force)`);
  await server.query(`create database "${name}"`);
  await server.close();
  return new URL(`/${name}`, owner).href;
}

function mysqlRoot({ mysql: { host, port, user, password } }: Endpoints): URL {
  return new URL(`mysql://${user}:${password}@${host}:${port}`);
}

export function sharedServers(): Endpoints {
  const root = new URL(address('MYSQL_URL'));
  const mysqlServer = { host: root.hostname, port: Number(root.port), user: root.username, password: root.password };
  return {
    mysql: mysqlServer,
    replication: { user: '', password: '', file: address('REPLICATION_FILE') },
    postgres: { url: address('POSTGRES_URL') },
    kafka: { brokers: address('KAFKA_BROKERS').split(',') },
    registry: { url: address('REGISTRY_URL') },
    connect: { url: address('CONNECT_URL') },
  };
}

/** The pharmacy's schema, by the generator. */
export const makePharmacy: WorldOptions['makeSource'] = (mysqlUrl, database, directory) =>
  runToEnd({
    file: 'generator/src/main.ts',
    arguments: ['schema', '--database', database],
    environment: { MYSQL_URL: mysqlUrl },
    log: join(directory, 'generator.log'),
  });

/** A database made anew by these statements, in their order. */
export const madeBy =
  (...statements: readonly string[]): WorldOptions['makeSource'] =>
  async (mysqlUrl, database) => {
    const connection = await mysql.createConnection({ uri: mysqlUrl });
    const empty = [`drop database if exists ${database}`, `create database ${database}`, `use ${database}`];
    for (const statement of [...empty, ...statements]) await connection.query(statement);
    await connection.end();
  };
