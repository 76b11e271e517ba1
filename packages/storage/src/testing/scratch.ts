import { randomUUID } from 'node:crypto';
import { Database } from '../database.ts';
import { migrate } from '../migrate.ts';

/** A migrated database of its own on the test server. */
export interface Scratch {
  readonly database: Database;
  readonly drop: () => Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const owner = process.env.OVERLAY_TEST_POSTGRES_URL;
  if (!owner) throw new Error('OVERLAY_TEST_POSTGRES_URL is not set: run this test through `npm test`');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = new Database(owner, 1);
  await server.query(`create database ${name}`);
  const database = new Database(Object.assign(new URL(owner), { pathname: `/${name}` }).href, 2);
  await migrate(database);
  return {
    database,
    async drop() {
      await database.close();
      await server.query(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}
