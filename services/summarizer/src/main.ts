import { makeModel } from '@overlay/llm';
import type { PackVersion } from '@overlay/model';
import { Pack } from '@overlay/packs';
import { runProgram, VERSION } from '@overlay/runtime';
import {
  Database,
  keepDataKeys,
  makeLedger,
  makeRecorder,
  narratives,
  readNewestPack,
  recordStart,
} from '@overlay/storage';
import { runArrow, STAGE_DEPENDENCIES } from '@overlay/streams';
import { config } from './config.ts';
import { makeDailySummaries } from './daily-summaries.ts';
import { every } from './schedule.ts';
import { summarize } from './topology.ts';

await runProgram('summarizer', STAGE_DEPENDENCIES, config, async (program) => {
  const { config: settings, logger } = program;
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  await recordStart(database, program);
  const dataKeys = keepDataKeys(program);
  const model = makeModel(settings);
  const reader = { kind: 'model', name: settings.LLM_MODEL, program: program.name, version: VERSION } as const;
  const record = makeRecorder(database, reader, settings.SELF_AUDIT_FILE);
  const writers = new Map<
    string,
    { readonly by: PackVersion; readonly refresh: ReturnType<typeof makeDailySummaries> }
  >();
  /** Days are told by the report of the pack that is in force now. */
  const refreshAll = async () => {
    for (const source of settings.SOURCES) {
      const by = await readNewestPack(database, source);
      if (!by) continue; // nothing has come through yet
      const known = writers.get(source);
      const isSame = known?.by.name === by.name && known.by.version === by.version;
      const writer = isSame
        ? known
        : { by, refresh: makeDailySummaries({ database, pack: Pack.parse(by.content), model, record, logger }) };
      writers.set(source, writer);
      await writer.refresh(source, new Date());
    }
  };
  await Promise.all([
    runArrow(summarize, makeLedger(database, { stage: summarize.stage, table: narratives, dataKeys }), program),
    every(settings.SUMMARY_INTERVAL_S, program, refreshAll),
  ]);
});
