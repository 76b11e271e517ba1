import { setTimeout as sleep } from 'node:timers/promises';
import { Source } from '@overlay/mysql';
import { type Program, runProgram, Trouble } from '@overlay/runtime';
import { Database, KeyStore, recordStart } from '@overlay/storage';
import { askConnector } from './ask-connector.ts';
import { compareOnSchedule } from './compare.ts';
import { config } from './config.ts';
import { look, type Seen } from './look.ts';

await runProgram('reconciler', ['postgres', 'source', 'coverage'], config, async (program) => {
  const { config: settings, logger, health, metrics, signal } = program;
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const record = await recordStart(database, program);
  const deps = { name: settings.SOURCE, database, metrics, logger, record };
  const tell = makeTell(settings.SOURCE, program);
  const lookOnce = async (): Promise<void> => {
    const source = await Source.connect(settings.SOURCE_URL);
    try {
      const connector = settings.CONNECT_URL === undefined ? {} : await askConnector(settings.CONNECT_URL, deps.name);
      tell(await look(deps, source, connector));
    } finally {
      await source.close();
    }
  };
  const lookOften = async (): Promise<void> => {
    for (; !signal.aborted; await sleep(settings.LOOK_S * 1000, undefined, { signal }).catch(() => {}))
      await lookOnce().then(() => {
        health.up('postgres');
        health.up('source');
      }, isAway);
  };
  const isAway = (thrown: unknown): void => {
    if (!(thrown instanceof Trouble) || !thrown.isRetryable) throw thrown;
    health.down(thrown.code === 'source.unreachable' ? 'source' : 'postgres', thrown.message);
  };
  const keys = settings.KEYS_URL === undefined ? undefined : new Database(settings.KEYS_URL, 1);
  program.onClose(async () => keys?.close());
  const comparing = compareOnSchedule({
    ...deps,
    signal,
    sourceUrl: settings.SOURCE_URL,
    keys: keys && settings.MASTER_KEY !== undefined ? new KeyStore(keys, settings.MASTER_KEY) : undefined,
    readers: settings.RECONCILE_READERS,
    rows_per_s_max: settings.RECONCILE_ROWS_PER_S,
    every_h: settings.RECONCILE_EVERY_H,
  });
  await Promise.all([lookOften(), comparing]);
});

/** Makes what says what is wrong: once, and whenever it changes. */
function makeTell(source: string, { logger, health }: Pick<Program<unknown>, 'logger' | 'health'>) {
  let said = '';
  return ({ settings, coverage }: Seen): void => {
    const findings = [...settings, ...coverage];
    const text = findings.join('; ');
    if (text !== said && text !== '') logger.warn({ source, findings }, 'the source needs a person');
    if (text !== said && text === '') logger.info({ source }, 'all is well with the source again');
    said = text;
    if (coverage.length === 0) health.up('coverage');
    else health.down('coverage', coverage.join('; '));
  };
}
