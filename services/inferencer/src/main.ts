import { loadPack } from '@overlay/packs/load';
import { runProgram } from '@overlay/runtime';
import { businessEvents, Database, expireHourly, makeDataKeys, makeLedger } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { infer } from './topology.ts';

await runProgram('inferencer', STAGE_DEPENDENCIES, config, async (program) => {
  const arrow = infer(await loadPack(program.config.PACK_DIR));
  const database = new Database(program.config.DATABASE_URL, program.config.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const dataKeys = makeDataKeys(database, program.config.DEAD_LETTER_KEY);
  program.onClose(expireHourly(dataKeys, program.config.DEAD_LETTER_DAYS, program.logger));
  await runArrow(arrow, makeLedger(database, { stage: arrow.stage, table: businessEvents, dataKeys }), program);
});
