import { randomUUID } from 'node:crypto';
import { Database, migrate } from '@overlay/storage';

/** A migrated database of its own on the server that the tests are given; dropped when closed. */
export async function freshDatabase(): Promise<{
  readonly database: Database;
  readonly url: string;
  readonly close: () => Promise<void>;
}> {
  const server = process.env.OVERLAY_TEST_POSTGRES_URL;
  if (!server) throw new Error('OVERLAY_TEST_POSTGRES_URL is not set: these tests need a Postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const admin = new Database(server, 1);
  await admin.query(`create database ${name}`);
  const database = new Database(url, 4);
  await migrate(database);
  const close = async (): Promise<void> => {
    await database.close();
    await admin.query(`drop database ${name} with (force)`);
    await admin.close();
  };
  return { database, url, close };
}
