import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { keys } from './key-migrations/0001-keys.ts';
import { closed as keysClosed } from './key-migrations/0002-closed.ts';
import { dayKeys } from './key-migrations/0003-day-keys.ts';
import { log } from './migrations/0001-log.ts';
import { roles } from './migrations/0002-roles.ts';
import { analystViews } from './migrations/0003-analyst-views.ts';
import { schemaVersions } from './migrations/0004-schema-versions.ts';
import { deadLetters } from './migrations/0005-dead-letters.ts';
import { unexplainedChanges } from './migrations/0006-unexplained-changes.ts';
import { packs } from './migrations/0007-packs.ts';
import { weeks } from './migrations/0008-weeks.ts';
import { rebuilds } from './migrations/0009-rebuilds.ts';
import { typedViews } from './migrations/0010-typed-views.ts';
import { currentEvents } from './migrations/0011-current-events.ts';
import { bulkChanges } from './migrations/0012-bulk-changes.ts';
import { currentUnexplained } from './migrations/0013-current-unexplained.ts';
import { evidence } from './migrations/0014-evidence.ts';
import { sealedValues } from './migrations/0015-sealed-values.ts';
import { sealedActs } from './migrations/0017-sealed-acts.ts';
import { selfAudit } from './migrations/0018-self-audit.ts';
import { closed } from './migrations/0019-closed.ts';
import { dayKeysMoved } from './migrations/0020-day-keys-moved.ts';
import { sealedIndex } from './migrations/0021-sealed-index.ts';
import { rowIndex } from './migrations/0022-row-index.ts';
import { rowHistory } from './migrations/0023-row-history.ts';
import { coverage } from './migrations/0024-coverage.ts';
import { reconciliations } from './migrations/0025-reconciliations.ts';
import { transactionActors } from './migrations/0026-transaction-actors.ts';
import { rowStates } from './migrations/0027-row-states.ts';

/** Every migration in its order. What landed is never rewritten: a migration adds. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-log': log,
  '0002-roles': roles,
  '0003-analyst-views': analystViews,
  '0004-schema-versions': schemaVersions,
  '0005-dead-letters': deadLetters,
  '0006-unexplained-changes': unexplainedChanges,
  '0007-packs': packs,
  '0008-weeks': weeks,
  '0009-rebuilds': rebuilds,
  '0010-typed-views': typedViews,
  '0011-current-events': currentEvents,
  '0012-bulk-changes': bulkChanges,
  '0013-current-unexplained': currentUnexplained,
  '0014-evidence': evidence,
  '0015-sealed-values': sealedValues,
  '0017-sealed-acts': sealedActs,
  '0018-self-audit': selfAudit,
  '0019-closed': closed,
  '0020-day-keys-moved': dayKeysMoved,
  '0021-sealed-index': sealedIndex,
  '0022-row-index': rowIndex,
  '0023-row-history': rowHistory,
  '0024-coverage': coverage,
  '0025-reconciliations': reconciliations,
  '0026-transaction-actors': transactionActors,
  '0027-row-states': rowStates,
};

/** The same for the database of keys. */
const KEY_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-keys': keys,
  '0002-closed': keysClosed,
  '0003-day-keys': dayKeys,
};

/**
 * Brings the database to the newest version under a lock, so that several runs at once do it once. Returns the names of the migrations that
 * ran, none when there was nothing to do. Throws what failed; the migration that failed leaves nothing behind.
 */
export const migrate = (database: Database): Promise<readonly string[]> => toNewest(database, MIGRATIONS);

/** The same for the database that holds the keys, which is another one. */
export const migrateKeys = (database: Database): Promise<readonly string[]> => toNewest(database, KEY_MIGRATIONS);

async function toNewest(
  database: Database,
  migrations: Readonly<Record<string, Migration>>,
): Promise<readonly string[]> {
  const migrator = new Migrator({ db: database.kysely, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.map((result) => result.migrationName);
}
