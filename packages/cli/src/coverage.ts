import type { Coverage, CoverageAsk } from '@overlay/api';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { coverageLines } from './print/coverage.ts';
import { type GlobalOptions, show } from './run.ts';

/** Whether the log lacks anything. */
export const showCoverage = (io: Io, options: GlobalOptions & CoverageAsk): Promise<number> =>
  show<Coverage>(io, options, async (api) => ({
    answer: await api.coverage(options),
    lines: coverageLines,
    exit: ({ verdict }) => (verdict === 'complete' ? EXIT.ok : EXIT.findings),
  }));
