import { configOrExit, messageOf } from '@overlay/runtime';
import { Database, storageConfig } from './database.ts';
import { migrate } from './migrate.ts';

const config = configOrExit('migrate', storageConfig);
const database = new Database(config.DATABASE_URL, 1);
try {
  const ran = await migrate(database);
  process.stdout.write(
    ran.length === 0 ? 'the database is up to date\n' : ran.map((name) => `migrated ${name}\n`).join(''),
  );
} catch (thrown) {
  process.stderr.write(`migrate: ${messageOf(thrown)}; nothing was changed by the migration that failed\n`);
  process.exitCode = 1;
} finally {
  await database.close();
}
