import { runProgram } from '@overlay/runtime';
import { businessEvents, Database, keepDataKeys, makeLedger, recordStart, rollUp } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { infer } from './topology.ts';

await runProgram('inferencer', STAGE_DEPENDENCIES, config, async (program) => {
  const { config: settings } = program;
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  await recordStart(database, program);
  const dataKeys = keepDataKeys(program);
  const ledger = makeLedger(database, { stage: infer.stage, table: businessEvents, dataKeys, alsoLand: rollUp });
  await runArrow(infer, ledger, program);
});
