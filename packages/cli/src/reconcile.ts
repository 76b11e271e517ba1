import type { ReconcileAsk, Reconciliation } from '@overlay/api';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { reconciliationLines } from './print/reconcile.ts';
import { type GlobalOptions, show } from './run.ts';

/** Compares the live source with the log, telling on stderr how far it is. */
export const reconcileSource = (io: Io, options: GlobalOptions & ReconcileAsk): Promise<number> =>
  show<Reconciliation>(io, options, async (api) => ({
    answer: await api.reconcile({ ...options, onProgress: options.json ? undefined : makeTelling(io) }),
    lines: reconciliationLines,
    note: ({ unlocked }) =>
      unlocked === null
        ? undefined
        : `The source was not held still: ${unlocked}. Rows that were changed meanwhile may be as they were at any moment of it.`,
    exit: ({ tables }) => (tables.some(({ verdict }) => verdict === 'differs') ? EXIT.findings : EXIT.ok),
  }));

const TELL_MS = 500;

/** A line that is written over itself on a terminal; elsewhere one now and then. */
function makeTelling(io: Io): NonNullable<ReconcileAsk['onProgress']> {
  let told_ms = 0;
  return ({ database, table, step, sourceRows, logRows }) => {
    const now_ms = performance.now();
    if (now_ms - told_ms < (io.isTty ? TELL_MS : 10 * TELL_MS)) return;
    told_ms = now_ms;
    const line = `${step} ${database}.${table}: ${sourceRows} rows of the source, ${logRows} of the log`;
    io.err(io.isTty ? `\r${line}  ` : `${line}\n`);
  };
}
