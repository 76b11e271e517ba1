import { type CoverageLook, lookAtCoverage } from '@overlay/coverage';
import { judgeSource, type ReaderFacts, readSourceFacts, type Source } from '@overlay/mysql';
import type { Logger, Metrics } from '@overlay/runtime';
import {
  type CoverageFinding,
  countCoverage,
  type Database,
  type RecordAct,
  storeCoverage,
  storeSourceChecks,
} from '@overlay/storage';
import type { ConnectorFacts } from './ask-connector.ts';

interface LookDeps {
  readonly name: string;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly record: RecordAct;
}

/** What the log can be behind a source, in states of the view of coverage. */
const STATES = ['landed', 'before_log', 'no_captured_row', 'gap', 'on_the_way', 'unexplained', 'unknown_to_source'];
/** States in which something is wrong, each with what is said of it. */
const ALARMS: Readonly<Record<string, string>> = {
  gap: 'the log lacks transactions for ever',
  unexplained: 'nobody knows what the log lacks',
  unknown_to_source:
    'the log has transactions that the source does not know: it was restored, or another server took over',
};

/** What is wrong with a source, a sentence each. */
export interface Seen {
  /** Settings that can keep changes out of the log. */
  readonly settings: readonly string[];
  /** What the log lacks. */
  readonly coverage: readonly string[];
}

/** Looks once at the settings of a source and at what it executed, and stores both. */
export async function look(deps: LookDeps, source: Source, connector: ConnectorFacts): Promise<Seen> {
  const { name, database } = deps;
  const seen = await lookAtCoverage({ source, database, name, readByConnector: connector.read });
  const since = seen?.behindSince ?? null;
  const lag_s = since === null ? 0 : Math.max(0, Date.now() - Date.parse(since)) / 1000;
  const settings = await lookAtSettings(deps, source, { serverId: connector.serverId, lag_s });
  return { settings, coverage: seen ? await keepWhatLanded(deps, seen) : [] };
}

async function lookAtSettings(
  { name, database, metrics }: LookDeps,
  source: Source,
  reader: ReaderFacts,
): Promise<readonly string[]> {
  const findings = judgeSource(await readSourceFacts(source), reader);
  await storeSourceChecks(
    database,
    name,
    findings.map(({ check, isMet, need, found, mend = null }) => ({ check, isMet, need, found, mend })),
  );
  for (const { check, isMet } of findings) metrics.sourceCheck.set({ source: name, check }, isMet ? 1 : 0);
  return findings.flatMap(({ check, found, mend }) => (mend === undefined ? [] : [`${check}: ${found}: ${mend}`]));
}

async function keepWhatLanded(deps: LookDeps, seen: CoverageLook): Promise<readonly string[]> {
  const { name, database, metrics } = deps;
  for (const finding of seen.findings) await tell(deps, finding);
  await storeCoverage(database, seen.check, seen.findings);
  const counts = new Map(STATES.map((state) => [state, 0]));
  for (const { source: own, state, count } of await countCoverage(database)) if (own === name) counts.set(state, count);
  for (const [state, count] of counts) metrics.coverage.set({ source: name, state }, count);
  metrics.coverageChecked.set({ source: name }, Date.now() / 1000);
  return Object.entries(ALARMS).flatMap(([state, text]) => {
    const count = counts.get(state) ?? 0;
    return count === 0 ? [] : [`${text}: ${count}`];
  });
}

/** A gap stands in the self-audit before it stands in the coverage record: it is found once. */
async function tell({ logger, record }: LookDeps, finding: CoverageFinding): Promise<void> {
  if (finding.verdict !== 'gap') return;
  const { source, server, first, last, cause, afterSequence } = finding;
  logger.error({ source, server, first, last, cause, afterSequence }, 'the log lacks transactions for ever');
  await record({
    action: 'find',
    object: 'coverage_gap',
    outcome: 'ok',
    arguments: { source, server, first, last, cause, afterSequence },
  });
}
