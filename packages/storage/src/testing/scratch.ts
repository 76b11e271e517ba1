import { randomUUID } from 'node:crypto';
import { Database } from '../database.ts';
import { migrate, migrateKeys } from '../migrate.ts';

/** A migrated database of its own on the test server. */
export interface Scratch {
  readonly name: string;
  readonly database: Database;
  readonly url: string;
  /** The same database for another user. */
  readonly connect: (url: string) => Database;
  readonly drop: () => Promise<void>;
}

export const makeScratch = (): Promise<Scratch> => makeDatabase(migrate);

/** The same for keys. */
export const makeKeyScratch = (): Promise<Scratch> => makeDatabase(migrateKeys);

async function makeDatabase(toNewest: typeof migrate): Promise<Scratch> {
  const owner = process.env.OVERLAY_TEST_POSTGRES_URL;
  if (!owner) throw new Error('OVERLAY_TEST_POSTGRES_URL is not set: run this test through `npm test`');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = new Database(owner, 1);
  await server.query(`create database ${name}`);
  const url = Object.assign(new URL(owner), { pathname: `/${name}` }).href;
  const database = new Database(url, 4);
  await toNewest(database);
  return {
    name,
    database,
    url,
    connect: (other) => new Database(other, 1),
    async drop() {
      await database.close();
      await server.query(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}
