import { readOffer } from '@overlay/packs/load';
import { runProgram } from '@overlay/runtime';
import { businessEvents, Database, expireHourly, makeDataKeys, makeLedger, rollUp } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { followFolder } from './pack-folder.ts';
import { infer } from './topology.ts';

await runProgram('inferencer', STAGE_DEPENDENCIES, config, async (program) => {
  const { config: settings, logger } = program;
  const arrow = infer(await readOffer(settings.PACK_DIR));
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const dataKeys = makeDataKeys(database, settings.DEAD_LETTER_KEY);
  program.onClose(expireHourly(dataKeys, settings.DEAD_LETTER_DAYS, logger));
  const { stage } = arrow;
  program.onClose(followFolder({ directory: settings.PACK_DIR, stage, sources: settings.SOURCES, database, logger }));
  const ledger = makeLedger(database, { stage, table: businessEvents, dataKeys, alsoLand: rollUp });
  await runArrow(arrow, ledger, program);
});
