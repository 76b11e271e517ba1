import { keepReconciliation, type Progress, reconcile } from '@overlay/reconcile';
import { type Database, readSources } from '@overlay/storage';
import { type Answer, answer, answered, refuse } from './answer.ts';
import { chooseSource } from './choose.ts';
import type { Reconciliation } from './contract/index.ts';
import type { SealedKeys } from './sealed.ts';

export interface ReconcileAsk {
  readonly source?: string | undefined;
  /** One table, as `table` or `database.table`; else all. */
  readonly table?: string | undefined;
  /** How long the log may take to come to the state of the source, in seconds. */
  readonly wait?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The live source, and how it may be read. */
export interface SourceAccess {
  readonly url: string;
  readonly readers: number;
  readonly rows_per_s_max: number;
}

interface ReconcileDeps {
  readonly database: Database;
  readonly sourceAccess?: SourceAccess | undefined;
  readonly keys?: SealedKeys | undefined;
}

const WAIT_S = 60;

/** Compares the live source with the log, and keeps what it said of each table. */
export async function reconcileSource(
  { database, sourceAccess, keys }: ReconcileDeps,
  ask: ReconcileAsk,
): Promise<Answer<Reconciliation>> {
  if (!sourceAccess)
    return refuse(
      'invalid',
      'it is not said where the source is',
      'name by SOURCE_URL_FILE a file that holds mysql://user:password@host:port/database and that only you can read',
    );
  const source = chooseSource(ask.source, await readSources(database));
  if (!source.ok) return source;
  const { url: sourceUrl, readers, rows_per_s_max } = sourceAccess;
  return answered(async () => {
    const result = await reconcile({
      ...{ database, source: source.value, sourceUrl, readers, rows_per_s_max },
      ...{ keys: keys?.store, table: ask.table, wait_s_max: ask.wait ?? WAIT_S, onProgress: ask.onProgress },
    });
    await keepReconciliation(database, result);
    return answer(structuredClone(result) as Reconciliation);
  });
}
