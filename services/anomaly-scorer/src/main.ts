import { runProgram } from '@overlay/runtime';
import { anomalies, Database, keepDataKeys, makeLedger, openCases, recordStart } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { score } from './topology.ts';

await runProgram('anomaly-scorer', STAGE_DEPENDENCIES, config, async (program) => {
  const database = new Database(program.config.DATABASE_URL, program.config.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  await recordStart(database, program);
  const dataKeys = keepDataKeys(program);
  const ledger = makeLedger(database, { stage: score.stage, table: anomalies, dataKeys, alsoLand: openCases });
  await runArrow(score, ledger, program);
});
