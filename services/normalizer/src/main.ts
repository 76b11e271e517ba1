import { KeyRing } from '@overlay/canonical';
import { readOffer } from '@overlay/packs/load';
import { lookEvery, runProgram } from '@overlay/runtime';
import { changeEvents, Database, KeyStore, keepDataKeys, makeLedger, recordStart } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { watchConnect } from './connect.ts';
import { followFolder } from './pack-folder.ts';
import { normalize } from './topology.ts';

/** A key that was destroyed is used no longer than this. */
const KEYS_KEPT_MS = 60_000;
const KEYS_CONNECTIONS_MAX = 2;

await runProgram('normalizer', STAGE_DEPENDENCIES, config, async (program) => {
  const { config: settings, logger } = program;
  const offer = await readOffer(settings.PACK_DIR);
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const record = await recordStart(database, program);
  const keys = new Database(settings.KEYS_URL, KEYS_CONNECTIONS_MAX);
  program.onClose(() => keys.close());
  if (settings.CONNECT_URL) program.onClose(watchConnect(settings.CONNECT_URL, settings.SOURCES, program.health));
  const dataKeys = keepDataKeys(program);
  const ring = new KeyRing(new KeyStore(keys, settings.MASTER_KEY));
  program.onClose(lookEvery(KEYS_KEPT_MS, async () => ring.forget()));
  const arrow = { ...normalize(ring), provide: ring.fetch, packs: { initial: offer }, poison: settings.POISON };
  const { stage } = arrow;
  program.onClose(
    followFolder({ directory: settings.PACK_DIR, stage, sources: settings.SOURCES, database, logger, record }),
  );
  const evidence = { nonceKey: settings.EVIDENCE_NONCE_KEY };
  const ledger = makeLedger(database, { stage, table: changeEvents, dataKeys, evidence });
  await runArrow(arrow, ledger, program);
});
