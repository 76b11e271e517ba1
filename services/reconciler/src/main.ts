import { setTimeout as sleep } from 'node:timers/promises';
import { Source } from '@overlay/mysql';
import { type Program, runProgram, Trouble } from '@overlay/runtime';
import { Database, KeyStore, recordStart } from '@overlay/storage';
import { askConnector } from './ask-connector.ts';
import { makeCompareWhenDue } from './compare.ts';
import { config } from './config.ts';
import { makeKeepStates } from './keep-states.ts';
import { look, type Seen } from './look.ts';

await runProgram('reconciler', ['postgres', 'source', 'coverage'], config, async (program) => {
  const { config: settings, logger, metrics, signal } = program;
  const database = new Database(settings.DATABASE_URL, settings.DATABASE_POOL_MAX);
  program.onClose(() => database.close());
  const record = await recordStart(database, program);
  const keys = openKeys(program);
  const deps = { name: settings.SOURCE, database, metrics, logger, record };
  const tell = makeTell(settings.SOURCE, program);
  const compareWhenDue = makeCompareWhenDue({ ...deps, keys, settings, signal });
  const keepStates = makeKeepStates({ ...deps, signal });
  const lookOnce = async (): Promise<void> => {
    const source = await Source.connect(settings.SOURCE_URL);
    try {
      const connector = settings.CONNECT_URL === undefined ? {} : await askConnector(settings.CONNECT_URL, deps.name);
      tell(await look(deps, source, connector));
    } finally {
      await source.close();
    }
  };
  await Promise.all([repeat(program, lookOnce), repeat(program, async () => keepStates(await compareWhenDue()))]);
});

type Running = Program<{
  readonly LOOK_S: number;
  readonly KEYS_URL?: string | undefined;
  readonly MASTER_KEY?: string | undefined;
}>;

/** Does it every `LOOK_S` seconds until the program ends. */
async function repeat(program: Running, work: () => Promise<void>): Promise<void> {
  const { config, signal } = program;
  while (!signal.aborted) {
    await work().then(
      () => tellTrouble(program, undefined),
      (thrown: unknown) => tellTrouble(program, thrown),
    );
    await sleep(config.LOOK_S * 1000, undefined, { signal }).catch(() => {});
  }
}

/** What does not answer is said, and tried again; every other failure ends the program. */
function tellTrouble({ health, signal }: Running, thrown: unknown): void {
  if (signal.aborted) return;
  if (thrown === undefined) for (const name of ['postgres', 'source']) health.up(name);
  else if (thrown instanceof Trouble && thrown.isRetryable)
    health.down(thrown.code === 'source.unreachable' ? 'source' : 'postgres', thrown.message);
  else throw thrown;
}

/** Without them, columns under tokens are not compared. */
function openKeys({ config, onClose }: Running): KeyStore | undefined {
  if (config.KEYS_URL === undefined || config.MASTER_KEY === undefined) return undefined;
  const database = new Database(config.KEYS_URL, 1);
  onClose(() => database.close());
  return new KeyStore(database, config.MASTER_KEY);
}

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
