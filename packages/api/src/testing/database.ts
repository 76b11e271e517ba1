import { randomUUID } from 'node:crypto';
import { Database, makeRecorder, migrate, migrateKeys, type RecordAct } from '@overlay/storage';

interface Fresh {
  readonly name: string;
  readonly database: Database;
  readonly url: string;
  /** The same database for another user. */
  readonly connect: (url: string) => Database;
  readonly close: () => Promise<void>;
}

/** A migrated database of its own on the server that the tests are given; dropped when closed. */
export const freshDatabase = (): Promise<Fresh> => fresh(migrate);

/** The same for keys. */
export const freshKeys = (): Promise<Fresh> => fresh(migrateKeys);

/** What puts on record what the tests ask and do. */
export const testRecord = (database: Database): RecordAct =>
  makeRecorder(database, { kind: 'program', name: 'tests', program: 'tests', version: '0' });

async function fresh(toNewest: typeof migrate): Promise<Fresh> {
  const server = process.env.OVERLAY_TEST_POSTGRES_URL;
  if (!server) throw new Error('OVERLAY_TEST_POSTGRES_URL is not set: these tests need a Postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const admin = new Database(server, 1);
  await admin.query(`create database ${name}`);
  const database = new Database(url, 4);
  await toNewest(database);
  const close = async (): Promise<void> => {
    await database.close();
    await admin.query(`drop database ${name} with (force)`);
    await admin.close();
  };
  return { name, database, url, connect: (other) => new Database(other, 1), close };
}
