import { loadPack, packConfig } from '@overlay/packs/load';
import { configOrExit, messageOf, VERSION } from '@overlay/runtime';
import { Database, storageConfig } from './database.ts';
import { keysConfig } from './key-store.ts';
import { makePackViews, readNewestPacks } from './make-pack-views.ts';
import { migrate, migrateKeys } from './migrate.ts';
import { moveDayKeys } from './move-day-keys.ts';
import { makeRecorder } from './recorder.ts';

/** Brings tables and views, and the database of keys, to what this version and the packs say: the pack of PACK_DIR, or without it the newest of each that is on record. */
const config = configOrExit('migrate', {
  ...storageConfig,
  ...keysConfig,
  PACK_DIR: packConfig.PACK_DIR.optional(),
});
const database = new Database(config.DATABASE_URL, 1);
const keys = new Database(config.KEYS_URL, 1);
try {
  const given = config.PACK_DIR === undefined ? undefined : await loadPack(config.PACK_DIR);
  const done = (await migrate(database)).map((name) => `migrated ${name}`);
  done.push(...(await migrateKeys(keys)).map((name) => `migrated ${name} of the keys`));
  const moved = await moveDayKeys(database, keys);
  if (moved > 0) done.push(`moved ${moved} keys of dead letters to the database of keys`);
  for (const pack of given ? [given] : await readNewestPacks(database))
    done.push(...(await makePackViews(database, pack)).map((view) => `view analyst.${view} of pack ${pack.name}`));
  if (done.length > 0) await recordDone(done);
  process.stdout.write(`${done.length === 0 ? 'the database is up to date' : done.join('\n')}\n`);
} catch (thrown) {
  process.stderr.write(`migrate: ${messageOf(thrown)}; nothing was changed by the step that failed\n`);
  process.exitCode = 1;
} finally {
  await keys.close();
  await database.close();
}

/** What was migrated, the self-audit itself among it, is on record afterwards. */
async function recordDone(done: readonly string[]): Promise<void> {
  const caller = { kind: 'program', name: 'migrate', program: 'migrate', version: VERSION } as const;
  const record = makeRecorder(database, caller, config.SELF_AUDIT_FILE);
  const what = { action: 'migrate', object: 'database', outcome: 'ok' } as const;
  await record({ ...what, arguments: { done: [...done] }, rows: done.length });
}
