import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type {
  AnomalyAsk,
  AnomalyList,
  Gap,
  GapList,
  PackList,
  RebuildAsk,
  ReplayAsk,
  ReplayReport,
  RulesReport,
  SelfAudit,
  SelfAuditAsk,
  Status,
  Summary,
  SummaryAsk,
  Trace,
  UnexplainedAsk,
  UnexplainedList,
} from '@overlay/api';
import { dbtPackage, testRules } from '@overlay/api';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { type Naming, withNames, worded } from './names.ts';
import { anomaliesLines } from './print/anomalies.ts';
import { gapLines, gapsLines } from './print/gaps.ts';
import { packLines } from './print/packs.ts';
import { replayLines } from './print/replay.ts';
import { rulesLines } from './print/rules.ts';
import { selfAuditLines } from './print/self-audit.ts';
import { statusLines } from './print/status.ts';
import { summaryLines } from './print/summary.ts';
import { traceLines } from './print/trace.ts';
import { unexplainedLines } from './print/unexplained.ts';
import { plural } from './print/words.ts';
import { type GlobalOptions, NEXT_STEPS, show, showAlone } from './run.ts';

/** Each command: what it asks the API, how the answer is shown, and what the exit code says of it. */

export const showSummary = (io: Io, options: Naming & SummaryAsk): Promise<number> =>
  show<Summary>(io, options, async (api) =>
    withNames(io, api, options, worded('summary', { date: options.date, source: options.source }), {
      answer: await api.summary(options),
      lines: summaryLines,
      note: ({ pendingTransactions }) =>
        pendingTransactions === 0
          ? undefined
          : `${plural(pendingTransactions, 'transaction', 'transactions')} of this day landed, but the stages are not through with them: ask again.`,
    }),
  );

export const listAnomalies = (io: Io, options: Naming & AnomalyAsk): Promise<number> =>
  show<AnomalyList>(io, options, async (api) => {
    const { date, since, severity, source, limit } = options;
    return withNames(io, api, options, worded('anomalies', { date, since, severity, source, limit }), {
      answer: await api.anomalies(options),
      lines: anomaliesLines,
      note: ({ anomalies, total }) =>
        anomalies.length < total ? `${anomalies.length} of ${total} shown; --limit shows more.` : undefined,
    });
  });

export const listUnexplained = (io: Io, options: GlobalOptions & UnexplainedAsk): Promise<number> =>
  show<UnexplainedList>(io, options, async (api) => ({
    answer: await api.unexplained(options),
    lines: unexplainedLines,
    note: ({ newest }) =>
      newest.length === 0 ? undefined : '`auditctl trace` follows a first change to its transaction.',
  }));

export const showTrace = (io: Io, options: Naming, id: string): Promise<number> =>
  show<Trace>(io, options, async (api) =>
    withNames(io, api, options, `trace ${id}`, { answer: await api.trace(id), lines: traceLines }),
  );

export const showStatus = (io: Io, options: GlobalOptions): Promise<number> =>
  show<Status>(io, options, async (api) => ({
    answer: await api.status(),
    lines: statusLines,
    note: ({ postgres }) => (postgres.isUp ? undefined : NEXT_STEPS['postgres.unreachable']),
    exit: ({ postgres, findings }) => {
      if (!postgres.isUp) return EXIT.upstreamDown;
      return findings.length > 0 ? EXIT.findings : EXIT.ok;
    },
  }));

export const listGaps = (io: Io, options: GlobalOptions): Promise<number> =>
  show<GapList>(io, options, async (api) => ({ answer: await api.gaps(), lines: gapsLines }));

export const decideGap = (io: Io, options: GlobalOptions, id: string, decision: string): Promise<number> =>
  show<Gap>(io, options, async (api) => ({
    answer: await api.decideGap(id, decision, options.by ?? io.userName),
    lines: (gap, paint) => gapLines(gap, api.timeZone, paint),
    note: () => 'The decision is on record; its stage takes it up within seconds.',
  }));

/** What could not be evaluated is a failure, also where the rest was done. */
const exitOfReplay = ({ faults }: ReplayReport): number => (faults > 0 ? EXIT.error : EXIT.ok);

export const replayRules = (io: Io, options: GlobalOptions & ReplayAsk, directory: string): Promise<number> =>
  show<ReplayReport>(io, options, async (api) => ({
    answer: await api.replay(directory, options),
    lines: replayLines,
    exit: exitOfReplay,
    note: () =>
      'Nothing was changed. `auditctl packs activate` puts the pack in force, `auditctl rules rebuild` makes these events hold.',
  }));

export const rebuildEvents = (
  io: Io,
  options: GlobalOptions & Omit<RebuildAsk, 'by'>,
  directory: string,
): Promise<number> =>
  show<ReplayReport>(io, options, async (api) => ({
    answer: await api.rebuild(directory, { ...options, by: options.by ?? io.userName }),
    lines: replayLines,
    exit: exitOfReplay,
  }));

export const listPacks = (io: Io, options: GlobalOptions): Promise<number> =>
  show<PackList>(io, options, async (api) => ({ answer: await api.packs(), lines: packLines }));

export const listActs = (io: Io, options: GlobalOptions & SelfAuditAsk): Promise<number> =>
  show<SelfAudit>(io, options, async (api) => ({
    answer: await api.selfAudit(options),
    lines: selfAuditLines,
    note: ({ acts, total }) =>
      acts.length < total ? `The newest ${acts.length} of ${total} shown; --limit shows more.` : undefined,
  }));

export const testRulesOf = (io: Io, options: GlobalOptions, directory: string): Promise<number> =>
  showAlone<RulesReport>(io, options, async () => ({
    answer: { ok: true, value: await testRules(directory) },
    lines: rulesLines,
    exit: ({ passed }) => (passed ? EXIT.ok : EXIT.error),
  }));

/** Writes the dbt package of a pack; files of the same names are replaced. */
export const writeDbt = (io: Io, options: GlobalOptions, directory: string, folder: string): Promise<number> =>
  showAlone<{ readonly files: readonly string[] }>(io, options, async () => {
    const files = Object.entries(await dbtPackage(directory)).map(([name, text]) => {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    });
    return { answer: { ok: true, value: { files } }, lines: (value) => value.files };
  });
