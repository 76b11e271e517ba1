import type { AsOfAsk, HistoryAsk, RowHistory, RowsAsOf, UndoPlan } from '@overlay/api';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { type Naming, withNames, worded } from './names.ts';
import { asOfLines, historyLines } from './print/rows.ts';
import { undoLines } from './print/undo.ts';
import { type GlobalOptions, show } from './run.ts';

/** Commands about single rows: what happened to them, and as what they were. */

export const showHistory = (io: Io, options: Naming & HistoryAsk): Promise<number> =>
  show<RowHistory>(io, options, async (api) => {
    const { table, key, source } = options;
    return withNames(io, api, options, worded('history', { table, key, source }), {
      answer: await api.history(options),
      lines: historyLines,
    });
  });

export const showAsOf = (io: Io, options: Naming & AsOfAsk): Promise<number> =>
  show<RowsAsOf>(io, options, async (api) => {
    const { table, key, at, source, limit } = options;
    return withNames(io, api, options, worded('as-of', { table, key, at, source, limit }), {
      answer: await api.asOf(options),
      lines: asOfLines,
      note: ({ rows, total }) =>
        rows.length < total ? `${rows.length} of ${total} shown; --limit shows more.` : undefined,
    });
  });

export const showUndo = (io: Io, options: GlobalOptions, id: string): Promise<number> =>
  show<UndoPlan>(io, options, async (api) => ({
    answer: await api.undo(id),
    lines: (plan) => undoLines(plan),
    note: () => 'Nothing was run. Read the statements before you give them to the source.',
    exit: ({ statements, later }) =>
      later.length > 0 || statements.some(({ missing }) => missing.length > 0) ? EXIT.findings : EXIT.ok,
  }));
