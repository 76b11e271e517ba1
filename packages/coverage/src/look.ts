import { GtidSet } from '@overlay/model';
import {
  BinlogPurged,
  type ExecutedGtids,
  isRefusal,
  readBinlogFiles,
  readExecuted,
  type Source,
} from '@overlay/mysql';
import {
  type CoverageCheck,
  type CoverageFinding,
  type Database,
  type LogPlace,
  readCoverageCheck,
  readCoverageFindings,
  readLogPlace,
  readPlaceOf,
} from '@overlay/storage';
import { findBeginning } from './beginning.ts';
import { type Passed, type Search, searchBinlog } from './search.ts';

export interface CoverageLook {
  readonly check: CoverageCheck;
  /** What was found for the first time. */
  readonly findings: readonly CoverageFinding[];
  /** Commit time of the last that landed, while something is on its way behind it; else null. */
  readonly behindSince: string | null;
}

interface LookDeps {
  readonly source: Source;
  readonly database: Database;
  /** The name of the source in the log. */
  readonly name: string;
  /** The GTIDs that the connector has read, where it can be asked: what is purged and was not read is lost. */
  readonly readByConnector?: GtidSet | undefined;
}

/**
 * Compares what a source has executed with what landed. Undefined while nothing has landed. Reads the log first: what lands meanwhile is not
 * missed. Takes REPLICATION CLIENT and REPLICATION SLAVE at the source to tell why something is missing; without them that stays unexplained.
 */
export async function lookAtCoverage(deps: LookDeps): Promise<CoverageLook | undefined> {
  for (;;)
    try {
      return await lookOnce(deps);
    } catch (thrown) {
      // What goes under one's eyes is what the next look has to judge.
      if (!(thrown instanceof BinlogPurged)) throw thrown;
    }
}

async function lookOnce(deps: LookDeps): Promise<CoverageLook | undefined> {
  const { source, database, name } = deps;
  const place = await readLogPlace(database, name);
  if (!place || (place.gtids === '' && place.beganAt === null)) return undefined;
  const [before, found] = [await readCoverageCheck(database, name), await readCoverageFindings(database, name)];
  const server = await readExecuted(source);
  const landed = GtidSet.parse(place.gtids);
  const known = landed.plus(GtidSet.of(found));
  const base = {
    source: name,
    serverUuid: server.serverUuid,
    beganAt: place.beganAt,
    executed: String(server.executed),
    purged: String(server.purged),
    foreign: String(landed.minus(server.executed)),
  };
  try {
    const files = await readBinlogFiles(source);
    const isSame = before?.beganAt === place.beganAt && before.isBeginningProven;
    const beginning = isSame
      ? { gtids: GtidSet.parse(before.beforeLog), isProven: true }
      : await findBeginning(source, files, place.beganAt, server, landed);
    const missing = server.executed.minus(known).minus(beginning.gtids);
    const search = await searchBinlog(source, { missing, landed, files, executed: server.executed });
    const lost = lostOf(search.unseen, server, landed, deps.readByConnector);
    const onTheWay = search.onTheWay.plus(search.unseen.and(deps.readByConnector ?? new GtidSet()).minus(lost));
    return {
      check: {
        ...base,
        beforeLog: String(beginning.gtids),
        isBeginningProven: beginning.isProven,
        onTheWay: String(onTheWay),
        obstacle: obstacleOf(search.unseen.minus(lost).minus(onTheWay)),
      },
      findings: await findingsOf(deps, place, search, lost),
      behindSince: onTheWay.isEmpty ? null : place.landedAt,
    };
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const obstacle = `the binary log cannot be looked at: ${(thrown as Error).message}`;
    const told = before ?? { beforeLog: '', isBeginningProven: false };
    return {
      check: { ...base, ...pick(told), onTheWay: '', obstacle },
      findings: [],
      behindSince: null,
    };
  }
}

const pick = ({ beforeLog, isBeginningProven }: Pick<CoverageCheck, 'beforeLog' | 'isBeginningProven'>) => ({
  beforeLog,
  isBeginningProven,
});

/** What is in no binary log, and will not come any more: the connector is past it, or has not read it. */
function lostOf(unseen: GtidSet, { purged }: ExecutedGtids, landed: GtidSet, read: GtidSet | undefined): GtidSet {
  const gone = unseen.and(purged);
  if (gone.isEmpty) return gone;
  if (!landed.minus(purged).isEmpty) return gone;
  const lasts = new Map(landed.ranges().map(({ server, last }) => [server, last]));
  const passed = GtidSet.of(gone.ranges().filter(({ server, last }) => last < (lasts.get(server) ?? 0)));
  return read ? passed.plus(gone.minus(read)) : passed;
}

const obstacleOf = (unseen: GtidSet): string | null =>
  unseen.isEmpty ? null : `no binary log holds ${unseen} any more: lost, unless the raw topic has it`;

async function findingsOf(
  { database, name }: LookDeps,
  place: LogPlace,
  { empty, passed }: Search,
  lost: GtidSet,
): Promise<readonly CoverageFinding[]> {
  const nothing = { source: name, afterSequence: null, afterTime: null };
  const explained = empty.map(({ what, ...range }): CoverageFinding => {
    return { ...nothing, ...range, verdict: 'no_captured_row', cause: what };
  });
  const skipped: CoverageFinding[] = [];
  for (const { what, after, ...range } of passed)
    skipped.push({
      ...nothing,
      ...range,
      ...(await placeAfter(database, name, after)),
      verdict: 'gap',
      cause: `passed over, though the binary log has it: ${what}`,
    });
  const last = { afterSequence: place.landed, afterTime: place.landedAt };
  const purged = lost.ranges().map((range): CoverageFinding => {
    return { ...nothing, ...range, ...last, verdict: 'gap', cause: 'its binary log was purged before it was read' };
  });
  return [...explained, ...skipped, ...purged];
}

async function placeAfter(database: Database, name: string, after: Passed['after']) {
  const place = after === undefined ? undefined : await readPlaceOf(database, name, after);
  return { afterSequence: place?.sequence ?? null, afterTime: place?.commitTime ?? null };
}
