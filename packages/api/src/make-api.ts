import { makeZone, reportOf } from '@overlay/narratives';
import type { Pack } from '@overlay/packs';
import { type Database, type DataKeys, type RecordAct, readDefinitions, readSources } from '@overlay/storage';
import { listAnomalies } from './anomalies.ts';
import { answer } from './answer.ts';
import type { Api } from './api.ts';
import { readCoverage } from './coverage.ts';
import { listDeadLetters, showDeadLetters } from './dead-letters.ts';
import { writePack } from './evidence/pack.ts';
import { prove } from './evidence/proof.ts';
import { verify } from './evidence/verify.ts';
import { decideGap, listGaps } from './gaps.ts';
import { openNames } from './names.ts';
import { askActivate, listPacks } from './packs.ts';
import { reconcileSource, type SourceAccess } from './reconcile.ts';
import { RECORDED } from './recorded.ts';
import { makeRecording } from './recording.ts';
import { rebuild, replay } from './replay.ts';
import { askRepair, askRepublish, listRequests, readBack } from './requests.ts';
import { rowHistory, rowsAsOf } from './rows.ts';
import { addHold, endHold, eraseSubject, listHolds, openSealed, rotateKeys, type SealedKeys } from './sealed.ts';
import { listActs } from './self-audit.ts';
import { readStatus, type StatusDeps } from './status.ts';
import { summarize } from './summary.ts';
import { trace } from './trace.ts';
import { undo } from './undo/undo.ts';
import { listUnexplained } from './unexplained.ts';

export interface ApiDeps extends Pick<StatusDeps, 'connectUrl' | 'stageUrls'> {
  readonly database: Database;
  /** Without one, days are UTC and summaries count events by type. */
  readonly pack?: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> | undefined;
  readonly now: () => Date;
  /** Without them, the bytes of dead letters stay sealed. */
  readonly dataKeys?: DataKeys | undefined;
  /** Without them, sealed values stay sealed. */
  readonly keys?: SealedKeys | undefined;
  /** Without it, nothing is compared with the live source. */
  readonly sourceAccess?: SourceAccess | undefined;
  /** Puts on record what is asked and done. */
  readonly record: RecordAct;
}

export function makeApi({
  database,
  pack,
  now,
  connectUrl,
  stageUrls,
  dataKeys,
  keys,
  sourceAccess,
  record,
}: ApiDeps): Api {
  const report = reportOf(pack);
  const zone = makeZone(report.timeZone);
  const deps = { database, report, zone, now, connectUrl, stageUrls, dataKeys, keys, sourceAccess };
  const { question, act, intended } = makeRecording(record);
  return {
    timeZone: zone.name,
    summary: question(RECORDED.summary, (ask) => summarize(deps, ask)),
    anomalies: question(RECORDED.anomalies, (ask) => listAnomalies(deps, ask)),
    unexplained: question(RECORDED.unexplained, (ask) => listUnexplained(deps, ask)),
    trace: question(RECORDED.trace, (id) => trace(deps, id)),
    history: question(RECORDED.history, (ask) => rowHistory(deps, ask)),
    asOf: question(RECORDED.asOf, (ask) => rowsAsOf(deps, ask)),
    undo: question(RECORDED.undo, (id) => undo(deps, id)),
    status: question(RECORDED.status, async () => answer(await readStatus(deps))),
    coverage: question(RECORDED.coverage, (ask) => readCoverage(deps, ask)),
    gaps: question(RECORDED.gaps, async () => answer({ timeZone: zone.name, gaps: await listGaps(database) })),
    decideGap: act(RECORDED.decideGap, (id, decision, by) => decideGap(database, id, decision, by)),
    deadLetters: question(RECORDED.deadLetters, (ask) => listDeadLetters(deps, ask)),
    deadLetter: act(RECORDED.deadLetter, (id, options) => showDeadLetters(deps, id, options)),
    repair: act(RECORDED.repair, (source, sequence, by, corrected) => askRepair(deps, source, sequence, by, corrected)),
    republish: act(RECORDED.republish, (stage, source, from, by) => askRepublish(deps, stage, source, from, by)),
    replay: question(RECORDED.replay, (directory, ask) => replay(deps, directory, ask)),
    rebuild: act(RECORDED.rebuild, (directory, ask) => rebuild(deps, directory, ask)),
    packs: question(RECORDED.packs, async () => answer(await listPacks(database, zone.name))),
    activatePack: act(RECORDED.activatePack, async (offer, source, by) =>
      askActivate(database, offer, { source, sources: await readSources(database), by }),
    ),
    open: intended(RECORDED.open, (intend, ask) => openSealed(deps, ask, intend)),
    names: intended(RECORDED.names, (intend, ask) => openNames(deps, ask, intend)),
    erase: intended(RECORDED.erase, async (intend, ask) =>
      eraseSubject(deps, await readSources(database), ask, intend),
    ),
    hold: intended(RECORDED.hold, async (intend, ask) => addHold(deps, await readSources(database), ask, intend)),
    holds: question(RECORDED.holds, () => listHolds(deps, zone.name)),
    release: intended(RECORDED.release, (intend, holdId, doing) => endHold(deps, holdId, doing, intend)),
    rotate: intended(RECORDED.rotate, (intend, doing) => rotateKeys(deps, doing, intend)),
    requests: question(RECORDED.requests, async () =>
      answer({ timeZone: zone.name, requests: await listRequests(database) }),
    ),
    request: (requestId) => readBack(database, requestId),
    reconcile: act(RECORDED.reconcile, (ask) => reconcileSource(deps, ask)),
    verify: act(RECORDED.verify, (ask) => verify(database, ask)),
    prove: act(RECORDED.prove, (id) => prove(database, id)),
    writePack: act(RECORDED.writePack, (directory, ask) => writePack(deps, directory, ask)),
    definitions: question(RECORDED.definitions, async () => answer(await readDefinitions(database))),
    selfAudit: question(RECORDED.selfAudit, (ask) => listActs(deps, ask)),
  };
}
