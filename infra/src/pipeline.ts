import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database, migrate } from '@overlay/storage';
import { type ConnectorTarget, registerConnector } from './connector.ts';
import type { Endpoints } from './endpoints.ts';
import { type RunningProgram, startProgram } from './program.ts';

/** The stages, in the order in which a record meets them. */
export const SERVICES = ['normalizer', 'inferencer', 'anomaly-scorer', 'summarizer'] as const;
export type Service = (typeof SERVICES)[number];

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
  /** Further settings for every service. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Everything of ours between the source and the record, on servers that run. */
export interface Pipeline {
  readonly source: string;
  /** URLs by who may use them; the files hold the same. */
  readonly urls: { readonly writer: string; readonly reader: string; readonly analyst: string };
  readonly readerFile: string;
  readonly start: (service: Service, environment?: Readonly<Record<string, string>>) => RunningProgram;
  readonly running: (service: Service) => RunningProgram | undefined;
  readonly stop: () => Promise<void>;
}

/** Migrates the database, makes the logins and registers the connector; starts no service yet. */
export async function preparePipeline(stack: Endpoints & ConnectorTarget, options: PipelineOptions): Promise<Pipeline> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const urls = await prepareDatabase(options.postgresUrl);
  const secret = (name: string, url: string): string => {
    const file = join(options.directory, `${name}.url`);
    writeFileSync(file, `${url}\n`, { mode: 0o600 });
    return file;
  };
  const writerFile = secret('writer', urls.writer);
  const readerFile = secret('reader', urls.reader);
  await registerConnector(stack, { source: options.source, database: options.mysqlDatabase });
  const programs = new Map<Service, RunningProgram>();
  return {
    source: options.source,
    urls,
    readerFile,
    running: (service) => programs.get(service),
    start(service, environment) {
      const program = startProgram({
        file: `services/${service}/src/main.ts`,
        log: join(options.directory, `${service}.log`),
        environment: {
          SOURCES: options.source,
          KAFKA_BROKERS: stack.kafka.brokers.join(','),
          SCHEMA_REGISTRY_URL: stack.registry.url,
          DATABASE_URL_FILE: writerFile,
          PACK_DIR: options.packDirectory,
          CONNECT_URL: stack.connect.url,
          ...options.environment,
          ...environment,
        },
      });
      programs.set(service, program);
      return program;
    },
    async stop() {
      await Promise.all([...programs.values()].map((program) => program.isRunning() && program.stop()));
    },
  };
}

/** Migrations, and a login for each kind of user, named after the database so that several can share a server. */
async function prepareDatabase(url: string): Promise<Pipeline['urls']> {
  const database = new Database(url, 1);
  try {
    await migrate(database);
    const name = new URL(url).pathname.slice(1);
    const login = async (kind: string): Promise<string> => {
      const password = randomBytes(12).toString('hex');
      const role = `${name}_${kind}_login`;
      await database.query(`drop role if exists "${role}"`);
      await database.query(`create role "${role}" login password '${password}' in role audit_${kind}`);
      const own = new URL(url);
      [own.username, own.password] = [role, password];
      return own.href;
    };
    return { writer: await login('writer'), reader: await login('reader'), analyst: await login('analyst') };
  } finally {
    await database.close();
  }
}
