import type { OfferedPack } from '@overlay/model';
import type { AnomalyAsk } from './anomalies.ts';
import type { Answer } from './answer.ts';
import type {
  AnomalyList,
  Coverage,
  DeadLetterList,
  DeadLetters,
  Erasure,
  Gap,
  GapList,
  HeldSubject,
  HoldList,
  Names,
  OpenedValue,
  PackList,
  Reconciliation,
  ReplayReport,
  RequestList,
  Rotation,
  RowHistory,
  RowsAsOf,
  SelfAudit,
  StageRequest,
  Status,
  Summary,
  Trace,
  UndoPlan,
  UnexplainedList,
  Verification,
} from './contract/index.ts';
import type { CoverageAsk } from './coverage.ts';
import type { DeadLetterAsk } from './dead-letters.ts';
import type { Manifest, PackAsk } from './evidence/pack.ts';
import type { EventProof } from './evidence/proof.ts';
import type { VerifyAsk } from './evidence/verify.ts';
import type { NamesAsk } from './names.ts';
import type { ReconcileAsk } from './reconcile.ts';
import type { RebuildAsk, ReplayAsk } from './replay.ts';
import type { AsOfAsk, HistoryAsk } from './rows.ts';
import type { Doing } from './sealed.ts';
import type { SelfAuditAsk } from './self-audit.ts';
import type { SummaryAsk } from './summary.ts';
import type { UnexplainedAsk } from './unexplained.ts';

/** A subject as people name it, `TABLE:KEY`, of a source (needed only where there are several). */
export interface NamedSubject extends Doing {
  readonly subject: string;
  readonly source?: string | undefined;
}

/**
 * What people and programs can ask of the audit record. Every call throws a Trouble while the database is away, but `status`, which says so, and NotRecorded
 * when it cannot be put on record: then it is not answered, and not done.
 */
export interface Api {
  readonly timeZone: string;
  readonly summary: (ask: SummaryAsk) => Promise<Answer<Summary>>;
  readonly anomalies: (ask: AnomalyAsk) => Promise<Answer<AnomalyList>>;
  readonly unexplained: (ask: UnexplainedAsk) => Promise<Answer<UnexplainedList>>;
  readonly trace: (id: string) => Promise<Answer<Trace>>;
  /** What happened to a row. */
  readonly history: (ask: HistoryAsk) => Promise<Answer<RowHistory>>;
  /** Rows as they were. */
  readonly asOf: (ask: AsOfAsk) => Promise<Answer<RowsAsOf>>;
  /** Writes SQL that takes a transaction or a change back; runs none. */
  readonly undo: (id: string) => Promise<Answer<UndoPlan>>;
  readonly status: () => Promise<Answer<Status>>;
  /** Whether the log of a source lacks anything; reads all that is stored of the stretch. */
  readonly coverage: (ask: CoverageAsk) => Promise<Answer<Coverage>>;
  readonly gaps: () => Promise<Answer<GapList>>;
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
  readonly packs: () => Promise<Answer<PackList>>;
  /** Asks for a version to come into force in a source (needed only where there are several). */
  readonly activatePack: (pack: OfferedPack, source: string | undefined, by: string) => Promise<Answer<StageRequest>>;
  /** Opens a column of an event; that it was asked for is on record first. */
  readonly open: (ask: Doing & { readonly eventId: string; readonly column: string }) => Promise<Answer<OpenedValue>>;
  /** Opens sealed values by the tokens in an answer; whose they are, and what was asked, is on record first. */
  readonly names: (ask: NamesAsk) => Promise<Answer<Names>>;
  readonly erase: (ask: NamedSubject) => Promise<Answer<Erasure>>;
  readonly hold: (ask: NamedSubject) => Promise<Answer<HeldSubject>>;
  readonly holds: () => Promise<Answer<HoldList>>;
  readonly release: (holdId: string, doing: Doing) => Promise<Answer<HeldSubject>>;
  readonly rotate: (doing: Doing) => Promise<Answer<Rotation>>;
  readonly requests: () => Promise<Answer<RequestList>>;
  /** How a request stands that this program has just made; asked again and again, so it is not on record by itself. */
  readonly request: (requestId: string) => Promise<Answer<StageRequest>>;
  /** Compares the live source with the log; takes minutes for millions of rows. */
  readonly reconcile: (ask: ReconcileAsk) => Promise<Answer<Reconciliation>>;
  /** Recomputes the evidence logs from the rows; takes minutes for millions of events. */
  readonly verify: (ask: VerifyAsk) => Promise<Answer<Verification>>;
  /** Proves a change event by its id. */
  readonly prove: (id: string) => Promise<Answer<EventProof>>;
  /** Writes a stretch of the log with its proofs into an empty folder. */
  readonly writePack: (directory: string, ask: PackAsk) => Promise<Answer<Manifest>>;
  /** Digests of views, functions, triggers and rules, to be kept outside the database. */
  readonly definitions: () => Promise<Answer<Readonly<Record<string, string>>>>;
  /** Who asked what, and did what. */
  readonly selfAudit: (ask: SelfAuditAsk) => Promise<Answer<SelfAudit>>;
}
