import { makeModel } from '@overlay/llm';
import { loadPack } from '@overlay/packs/load';
import { runProgram } from '@overlay/runtime';
import { Database, expireHourly, makeDataKeys, makeLedger, narratives } from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { makeDailySummaries } from './daily-summaries.ts';
import { every } from './schedule.ts';
import { summarize } from './topology.ts';

await runProgram('summarizer', STAGE_DEPENDENCIES, config, async (program) => {
  const { config: settings, logger } = program;
  const pack = await loadPack(settings.PACK_DIR);
  const arrow = summarize(pack);
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const dataKeys = makeDataKeys(database, settings.DEAD_LETTER_KEY);
  program.onClose(expireHourly(dataKeys, settings.DEAD_LETTER_DAYS, logger));
  const refresh = makeDailySummaries({ database, pack, model: makeModel(settings), logger });
  const refreshAll = async () => {
    for (const source of settings.SOURCES) await refresh(source, new Date());
  };
  await Promise.all([
    runArrow(arrow, makeLedger(database, { stage: arrow.stage, table: narratives, dataKeys }), program),
    every(settings.SUMMARY_INTERVAL_S, program, refreshAll),
  ]);
});
