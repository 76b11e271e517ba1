import { setTimeout as sleep } from 'node:timers/promises';
import { keep, type Reconciliation, reconcile, Unreconcilable } from '@overlay/reconcile';
import { type Logger, type Metrics, messageOf, Trouble } from '@overlay/runtime';
import { type Database, type KeyStore, type RecordAct, readReconciliations } from '@overlay/storage';

interface CompareDeps {
  /** The source, by its name in the log. */
  readonly name: string;
  readonly sourceUrl: string;
  readonly database: Database;
  readonly keys: KeyStore | undefined;
  readonly readers: number;
  readonly rows_per_s_max: number;
  /** Hours between two comparisons; 0: none is made. */
  readonly every_h: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly record: RecordAct;
  readonly signal: AbortSignal;
}

const HOUR_MS = 3_600_000;
const LOOK_MS = 60_000;
/** The log may be behind: then it is tried again. */
const WAIT_S = 600;

/** Compares the source with its log every so many hours, counted from the last time, whoever asked then; the first time after so many hours. */
export async function compareOnSchedule(deps: CompareDeps): Promise<void> {
  const { every_h, signal } = deps;
  if (every_h === 0) return;
  const every_ms = every_h * HOUR_MS;
  for (let last_ms = Date.now(); !signal.aborted; ) {
    if (Date.now() >= last_ms + every_ms) {
      last_ms = await lastOf(deps).catch(passing(deps, last_ms));
      if (Date.now() >= last_ms + every_ms) {
        last_ms = Date.now();
        await compare(deps).catch(passing(deps, undefined));
      }
    }
    await sleep(Math.min(LOOK_MS, every_ms), undefined, { signal }).catch(() => {});
  }
}

/** When the source was compared last; 0 when it never was. */
async function lastOf({ name, database }: CompareDeps): Promise<number> {
  const known = (await readReconciliations(database)).filter(({ source }) => source === name);
  return Math.max(0, ...known.map(({ comparedAt }) => Date.parse(comparedAt)));
}

/** What passes by itself is said, and tried again the next time. */
const passing =
  <Instead>({ name, logger, signal }: CompareDeps, instead: Instead) =>
  (thrown: unknown): Instead => {
    const isPassing = (thrown instanceof Trouble && thrown.isRetryable) || thrown instanceof Unreconcilable;
    if (!isPassing && !signal.aborted) throw thrown;
    logger.warn({ source: name, detail: messageOf(thrown) }, 'the source was not compared with its log');
    return instead;
  };

async function compare(deps: CompareDeps): Promise<void> {
  const { name, sourceUrl, database, keys, readers, rows_per_s_max, record, signal } = deps;
  const act = { action: 'verify', object: 'source', arguments: { source: name } } as const;
  const asked = await record({ ...act, outcome: 'asked' });
  try {
    const result = await reconcile({
      ...{ source: name, sourceUrl, database, keys, readers, rows_per_s_max, wait_s_max: WAIT_S, signal },
    });
    await keep(database, result);
    await record({ ...act, outcome: 'ok', asked, rows: countOf(result) });
    tell(deps, result);
  } catch (thrown) {
    await record({ ...act, outcome: 'failed', asked, code: thrown instanceof Trouble ? thrown.code : 'error' });
    throw thrown;
  }
}

const countOf = ({ tables }: Reconciliation): number => tables.reduce((sum, { differences }) => sum + differences, 0);

function tell({ name, metrics, logger }: CompareDeps, { tables, sequence, seconds }: Reconciliation): void {
  for (const verdict of ['equal', 'differs', 'not_compared'] as const)
    metrics.comparedTables.set({ source: name, verdict }, tables.filter((table) => table.verdict === verdict).length);
  metrics.compared.set({ source: name }, Date.now() / 1000);
  const differing = tables
    .filter(({ verdict }) => verdict === 'differs')
    .map(({ database, table }) => `${database}.${table}`);
  const facts = { source: name, sequence, seconds: Math.round(seconds), tables: tables.length };
  if (differing.length === 0) logger.info(facts, 'the source was compared with its log');
  else logger.error({ ...facts, differing }, 'the log differs from its source');
}
