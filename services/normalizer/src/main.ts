import { runProgram } from '@overlay/runtime';
import { changeEvents, Database, expireHourly, makeDataKeys, makeLedger } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { watchConnect } from './connect.ts';
import { normalize } from './topology.ts';

await runProgram('normalizer', STAGE_DEPENDENCIES, config, async (program) => {
  const database = new Database(program.config.DATABASE_URL, program.config.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  if (program.config.CONNECT_URL)
    program.onClose(watchConnect(program.config.CONNECT_URL, program.config.SOURCES, program.health));
  const dataKeys = makeDataKeys(database, program.config.DEAD_LETTER_KEY);
  program.onClose(expireHourly(dataKeys, program.config.DEAD_LETTER_DAYS, program.logger));
  const ledger = makeLedger(database, {
    stage: normalize.stage,
    table: changeEvents,
    dataKeys,
    evidence: { nonceKey: program.config.EVIDENCE_NONCE_KEY },
  });
  await runArrow({ ...normalize, poison: program.config.POISON }, ledger, program);
});
