import { join } from 'node:path';
import type { Place, ServerName } from './types.ts';

const HOST = '127.0.0.1';

export interface Endpoints {
  readonly mysql: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  /** The account that Debezium reads with; Connect takes it from `file` (properties `user` and `password`). */
  readonly replication: { readonly user: string; readonly password: string; readonly file: string };
  readonly postgres: { readonly url: string };
  readonly kafka: { readonly brokers: readonly string[] };
  /** `url`: the base of the Confluent-compatible API. */
  readonly registry: { readonly url: string };
  readonly connect: { readonly url: string };
}

export const REPLICATION_USER = 'debezium';
export const POSTGRES_USER = 'audit';
export const POSTGRES_DATABASE = 'audit';

export const secretsFolder = (directory: string): string => join(directory, 'secrets');
export const logFileOf = (directory: string, server: ServerName): string => join(directory, 'logs', `${server}.log`);
export const replicationFile = (directory: string): string => join(secretsFolder(directory), 'debezium.properties');

/** Where everything listens, whether or not it is running. */
export function endpointsOf({ directory, ports, secrets }: Pick<Place, 'directory' | 'ports' | 'secrets'>): Endpoints {
  return {
    mysql: { host: HOST, port: ports.mysql, user: 'root', password: secrets.mysqlRoot },
    replication: { user: REPLICATION_USER, password: secrets.debezium, file: replicationFile(directory) },
    postgres: { url: `postgres://${POSTGRES_USER}:${secrets.postgres}@${HOST}:${ports.postgres}/${POSTGRES_DATABASE}` },
    kafka: { brokers: [`${HOST}:${ports.kafka}`] },
    registry: { url: `http://${HOST}:${ports.registry}/apis/ccompat/v7` },
    connect: { url: `http://${HOST}:${ports.connect}` },
  };
}
