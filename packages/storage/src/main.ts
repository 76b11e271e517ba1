import { loadPack, packConfig } from '@overlay/packs/load';
import { configOrExit, messageOf } from '@overlay/runtime';
import { Database, storageConfig } from './database.ts';
import { makePackViews, readNewestPacks } from './make-pack-views.ts';
import { migrate } from './migrate.ts';

/** Brings tables and views to what this version and the packs say: the pack of PACK_DIR, or without it the newest of each that is on record. */
const config = configOrExit('migrate', { ...storageConfig, PACK_DIR: packConfig.PACK_DIR.optional() });
const database = new Database(config.DATABASE_URL, 1);
try {
  const given = config.PACK_DIR === undefined ? undefined : await loadPack(config.PACK_DIR);
  const done = (await migrate(database)).map((name) => `migrated ${name}`);
  for (const pack of given ? [given] : await readNewestPacks(database))
    done.push(...(await makePackViews(database, pack)).map((view) => `view analyst.${view} of pack ${pack.name}`));
  process.stdout.write(`${done.length === 0 ? 'the database is up to date' : done.join('\n')}\n`);
} catch (thrown) {
  process.stderr.write(`migrate: ${messageOf(thrown)}; nothing was changed by the step that failed\n`);
  process.exitCode = 1;
} finally {
  await database.close();
}
