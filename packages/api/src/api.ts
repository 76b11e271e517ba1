import type { OfferedPack } from '@overlay/model';
import { makeZone, reportOf } from '@overlay/narratives';
import type { Pack } from '@overlay/packs';
import { type Database, type DataKeys, readDefinitions, readSources } from '@overlay/storage';
import { type AnomalyAsk, listAnomalies } from './anomalies.ts';
import type { Answer } from './answer.ts';
import type {
  AnomalyList,
  DeadLetterList,
  DeadLetters,
  Erasure,
  Gap,
  GapList,
  HeldSubject,
  HoldList,
  OpenedValue,
  PackList,
  ReplayReport,
  RequestList,
  Rotation,
  RowHistory,
  RowsAsOf,
  StageRequest,
  Status,
  Summary,
  Trace,
  UnexplainedList,
  Verification,
} from './contract.ts';
import { type DeadLetterAsk, listDeadLetters, showDeadLetters } from './dead-letters.ts';
import { type Manifest, type PackAsk, writePack } from './evidence/pack.ts';
import { type EventProof, prove } from './evidence/proof.ts';
import { type VerifyAsk, verify } from './evidence/verify.ts';
import { decideGap, listGaps } from './gaps.ts';
import { askActivate, listPacks } from './packs.ts';
import { type RebuildAsk, type ReplayAsk, rebuild, replay } from './replay.ts';
import { askRepair, askRepublish, listRequests, readBack } from './requests.ts';
import { type AsOfAsk, type HistoryAsk, rowHistory, rowsAsOf } from './rows.ts';
import {
  addHold,
  type Doing,
  endHold,
  eraseSubject,
  listHolds,
  openSealed,
  rotateKeys,
  type SealedKeys,
} from './sealed.ts';
import { readStatus, type StatusDeps } from './status.ts';
import { type SummaryAsk, summarize } from './summary.ts';
import { trace } from './trace.ts';
import { listUnexplained, type UnexplainedAsk } from './unexplained.ts';

export interface ApiDeps extends Pick<StatusDeps, 'connectUrl' | 'stageUrls'> {
  readonly database: Database;
  /** Without one, days are UTC and summaries count events by type. */
  readonly pack?: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> | undefined;
  readonly now: () => Date;
  /** Without them, the bytes of dead letters stay sealed. */
  readonly dataKeys?: DataKeys | undefined;
  /** Without them, sealed values stay sealed. */
  readonly keys?: SealedKeys | undefined;
}

/** A subject as people name it, `TABLE:KEY`, of a source (needed only where there are several). */
interface NamedSubject extends Doing {
  readonly subject: string;
  readonly source?: string | undefined;
}

/** What people and programs can ask of the audit record. Every call throws a Trouble while the database is away, but `status`, which says so. */
export interface Api {
  readonly timeZone: string;
  readonly sources: () => Promise<readonly string[]>;
  readonly summary: (ask: SummaryAsk) => Promise<Answer<Summary>>;
  readonly anomalies: (ask: AnomalyAsk) => Promise<Answer<AnomalyList>>;
  readonly unexplained: (ask: UnexplainedAsk) => Promise<Answer<UnexplainedList>>;
  readonly trace: (id: string) => Promise<Answer<Trace>>;
  /** What happened to a row. */
  readonly history: (ask: HistoryAsk) => Promise<Answer<RowHistory>>;
  /** Rows as they were. */
  readonly asOf: (ask: AsOfAsk) => Promise<Answer<RowsAsOf>>;
  readonly status: () => Promise<Status>;
  readonly gaps: () => Promise<GapList>;
  readonly decideGap: (id: string, decision: string, by: string) => Promise<Answer<Gap>>;
  readonly deadLetters: (ask: DeadLetterAsk) => Promise<Answer<DeadLetterList>>;
  /** By sequence, or by the id of one. */
  readonly deadLetter: (
    id: string,
    options: { readonly source?: string | undefined; readonly limit?: number | undefined },
  ) => Promise<Answer<DeadLetters>>;
  /** Asks for a repair; `corrected` holds raw records, one in each line. */
  readonly repair: (source: string, sequence: number, by: string, corrected?: string) => Promise<Answer<StageRequest>>;
  readonly republish: (stage: string, source: string, from: number, by: string) => Promise<Answer<StageRequest>>;
  /** Applies the pack of a folder to a stretch of the log: what would be other. */
  readonly replay: (directory: string, ask: ReplayAsk) => Promise<Answer<ReplayReport>>;
  /** The same, and its events hold from then on. */
  readonly rebuild: (directory: string, ask: RebuildAsk) => Promise<Answer<ReplayReport>>;
  readonly packs: () => Promise<PackList>;
  /** Asks for a version to come into force in a source (needed only where there are several). */
  readonly activatePack: (pack: OfferedPack, source: string | undefined, by: string) => Promise<Answer<StageRequest>>;
  /** Opens a column of an event; that it was asked for is on record first. */
  readonly open: (ask: Doing & { readonly eventId: string; readonly column: string }) => Promise<Answer<OpenedValue>>;
  readonly erase: (ask: NamedSubject) => Promise<Answer<Erasure>>;
  readonly hold: (ask: NamedSubject) => Promise<Answer<HeldSubject>>;
  readonly holds: () => Promise<Answer<HoldList>>;
  readonly release: (holdId: string, doing: Doing) => Promise<Answer<HeldSubject>>;
  readonly rotate: (doing: Doing) => Promise<Answer<Rotation>>;
  readonly requests: () => Promise<RequestList>;
  readonly request: (requestId: string) => Promise<Answer<StageRequest>>;
  /** Recomputes the evidence logs from the rows; takes minutes for millions of events. */
  readonly verify: (ask: VerifyAsk) => Promise<Answer<Verification>>;
  /** Proves a change event by its id. */
  readonly prove: (id: string) => Promise<Answer<EventProof>>;
  /** Writes a stretch of the log with its proofs into an empty folder. */
  readonly writePack: (directory: string, ask: PackAsk) => Promise<Answer<Manifest>>;
  /** Digests of views, functions, triggers and rules, to be kept outside the database. */
  readonly definitions: () => Promise<Readonly<Record<string, string>>>;
}

export function makeApi({ database, pack, now, connectUrl, stageUrls, dataKeys, keys }: ApiDeps): Api {
  const report = reportOf(pack);
  const zone = makeZone(report.timeZone);
  const deps = { database, report, zone, now, connectUrl, stageUrls, dataKeys, keys };
  return {
    timeZone: zone.name,
    sources: () => readSources(database),
    summary: (ask) => summarize(deps, ask),
    anomalies: (ask) => listAnomalies(deps, ask),
    unexplained: (ask) => listUnexplained(deps, ask),
    trace: (id) => trace(deps, id),
    history: (ask) => rowHistory(deps, ask),
    asOf: (ask) => rowsAsOf(deps, ask),
    status: () => readStatus(deps),
    gaps: async () => ({ timeZone: zone.name, gaps: await listGaps(database) }),
    decideGap: (id, decision, by) => decideGap(database, id, decision, by),
    deadLetters: (ask) => listDeadLetters(deps, ask),
    deadLetter: (id, options) => showDeadLetters(deps, id, options),
    repair: (source, sequence, by, corrected) => askRepair(deps, source, sequence, by, corrected),
    republish: (stage, source, from, by) => askRepublish(deps, stage, source, from, by),
    replay: (directory, ask) => replay(deps, directory, ask),
    rebuild: (directory, ask) => rebuild(deps, directory, ask),
    packs: () => listPacks(database, zone.name),
    activatePack: async (pack, source, by) =>
      askActivate(database, pack, { source, sources: await readSources(database), by }),
    open: (ask) => openSealed(deps, ask),
    erase: async (ask) => eraseSubject(deps, await readSources(database), ask),
    hold: async (ask) => addHold(deps, await readSources(database), ask),
    holds: () => listHolds(deps, zone.name),
    release: (holdId, doing) => endHold(deps, holdId, doing),
    rotate: (doing) => rotateKeys(deps, doing),
    requests: async () => ({ timeZone: zone.name, requests: await listRequests(database) }),
    request: (requestId) => readBack(database, requestId),
    verify: (ask) => verify(database, ask),
    prove: (id) => prove(database, id),
    writePack: (directory, ask) => writePack(deps, directory, ask),
    definitions: () => readDefinitions(database),
  };
}
