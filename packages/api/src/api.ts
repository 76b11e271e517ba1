import { makeZone, reportOf } from '@overlay/narratives';
import type { Pack } from '@overlay/packs';
import { type Database, readSources } from '@overlay/storage';
import { type AnomalyAsk, listAnomalies } from './anomalies.ts';
import type { Answer } from './answer.ts';
import type { AnomalyList, Gap, GapList, Status, Summary, Trace } from './contract.ts';
import { decideGap, listGaps } from './gaps.ts';
import { readStatus, type StatusDeps } from './status.ts';
import { type SummaryAsk, summarize } from './summary.ts';
import { trace } from './trace.ts';

export interface ApiDeps extends Pick<StatusDeps, 'connectUrl' | 'stageUrls'> {
  readonly database: Database;
  /** Without one, days are UTC and summaries count events by type. */
  readonly pack?: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> | undefined;
  readonly now: () => Date;
}

/** What people and programs can ask of the audit record. Every call throws a Trouble while the database is away, but `status`, which says so. */
export interface Api {
  readonly timeZone: string;
  readonly sources: () => Promise<readonly string[]>;
  readonly summary: (ask: SummaryAsk) => Promise<Answer<Summary>>;
  readonly anomalies: (ask: AnomalyAsk) => Promise<Answer<AnomalyList>>;
  readonly trace: (id: string) => Promise<Answer<Trace>>;
  readonly status: () => Promise<Status>;
  readonly gaps: () => Promise<GapList>;
  readonly decideGap: (id: string, decision: string, by: string) => Promise<Answer<Gap>>;
}

export function makeApi({ database, pack, now, connectUrl, stageUrls }: ApiDeps): Api {
  const report = reportOf(pack);
  const zone = makeZone(report.timeZone);
  const deps = { database, report, zone, now, connectUrl, stageUrls };
  return {
    timeZone: zone.name,
    sources: () => readSources(database),
    summary: (ask) => summarize(deps, ask),
    anomalies: (ask) => listAnomalies(deps, ask),
    trace: (id) => trace(deps, id),
    status: () => readStatus(deps),
    gaps: async () => ({ timeZone: zone.name, gaps: await listGaps(database) }),
    decideGap: (id, decision, by) => decideGap(database, id, decision, by),
  };
}
