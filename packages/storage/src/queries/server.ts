import type { Database } from '../database.ts';

/** The version of the server, as it tells it; throws the troubles of a database that is away. */
export async function readServerVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ version: string }>("select current_setting('server_version') as version");
  return row?.version ?? 'unknown';
}
