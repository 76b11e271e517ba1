import { keepReconciliation, reconcile } from '@overlay/reconcile';
import { codeOf, type Logger, type Metrics } from '@overlay/runtime';
import { type Database, type KeyStore, type RecordAct, readReconciliations, Unanswerable } from '@overlay/storage';
import { isDue } from './due.ts';

interface CompareDeps {
  readonly name: string;
  readonly database: Database;
  readonly keys: KeyStore | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly record: RecordAct;
  readonly signal: AbortSignal;
  readonly settings: {
    readonly SOURCE_URL: string;
    readonly RECONCILE_AT: string;
    readonly RECONCILE_READERS: number;
    readonly RECONCILE_ROWS_PER_S: number;
  };
}

/** How long the log may take to come to the state of the source. */
const WAIT_S = 600;
const AGAIN_MS = 10 * 60_000;

/**
 * Makes the function that compares a source with its log when that is due, and shows by metrics what the last comparison said, whoever made it. Gives whether it
 * compared. Throws troubles of either server.
 */
export function makeCompareWhenDue(deps: CompareDeps): () => Promise<boolean> {
  const { name, settings, logger } = deps;
  const begun = Date.now();
  let refusedAt = 0;
  return async () => {
    const since = await showLast(deps);
    const { RECONCILE_AT: at } = settings;
    if (at === 'off' || !isDue(at, since ?? begun, Date.now()) || Date.now() - refusedAt < AGAIN_MS) return false;
    try {
      await compare(deps);
    } catch (thrown) {
      if (!(thrown instanceof Unanswerable)) throw thrown;
      refusedAt = Date.now();
      logger.warn({ source: name, detail: thrown.message, hint: thrown.hint }, 'the source cannot be compared now');
      return false;
    }
    await showLast(deps);
    return true;
  };
}

async function compare({ name, database, keys, settings, record, logger, signal }: CompareDeps): Promise<void> {
  const act = { action: 'verify', object: 'source', arguments: { source: name } } as const;
  const asked = await record({ ...act, outcome: 'asked' });
  const result = await reconcile({
    ...{ database, keys, signal, source: name, sourceUrl: settings.SOURCE_URL, wait_s_max: WAIT_S },
    readers: settings.RECONCILE_READERS,
    rows_per_s_max: settings.RECONCILE_ROWS_PER_S,
  }).catch(async (thrown: unknown) => {
    const ending =
      thrown instanceof Unanswerable
        ? ({ outcome: 'refused', code: thrown.code } as const)
        : ({ outcome: 'failed', code: codeOf(thrown) } as const);
    await record({ ...act, ...ending, asked });
    throw thrown;
  });
  await keepReconciliation(database, result);
  const differing = result.tables.filter(({ verdict }) => verdict === 'differs');
  const rows = differing.reduce((sum, { differences }) => sum + differences, 0);
  await record({ ...act, outcome: 'ok', rows, asked });
  const told = { source: name, sequence: result.sequence, tables: result.tables.length, seconds: result.seconds };
  if (differing.length === 0) logger.info(told, 'the source is what the log says');
  else
    logger.error(
      { ...told, differing: differing.map(({ database: schema, table }) => `${schema}.${table}`), rows },
      'the source is not what the log says',
    );
}

/** Gives when the last one was made, in milliseconds since 1970; undefined when there was none. */
async function showLast({ name, database, metrics }: Pick<CompareDeps, 'name' | 'database' | 'metrics'>) {
  const tables = (await readReconciliations(database)).filter(({ source }) => source === name);
  for (const verdict of ['equal', 'differs', 'not_compared'])
    metrics.reconciledTables.set({ source: name, verdict }, tables.filter((table) => table.verdict === verdict).length);
  if (tables.length === 0) return undefined;
  const last = Math.max(...tables.map(({ comparedAt }) => Date.parse(comparedAt)));
  metrics.reconcileDifferences.set(
    { source: name },
    tables.reduce((sum, { differences }) => sum + differences, 0),
  );
  metrics.reconciled.set({ source: name }, last / 1000);
  return last;
}
