import type { AsOfAsk, HistoryAsk, RowHistory, RowsAsOf } from '@overlay/api';
import type { Io } from './io.ts';
import { asOfLines, historyLines } from './print/rows.ts';
import { type GlobalOptions, show } from './run.ts';

/** Commands about single rows: what happened to them, and as what they were. */

export const showHistory = (io: Io, options: GlobalOptions & HistoryAsk): Promise<number> =>
  show<RowHistory>(io, options, async (api) => ({ answer: await api.history(options), lines: historyLines }));

export const showAsOf = (io: Io, options: GlobalOptions & AsOfAsk): Promise<number> =>
  show<RowsAsOf>(io, options, async (api) => ({
    answer: await api.asOf(options),
    lines: asOfLines,
    note: ({ rows, total }) =>
      rows.length < total ? `${rows.length} of ${total} shown; --limit shows more.` : undefined,
  }));
