import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtCoverage } from '@overlay/coverage';
import { GtidSet } from '@overlay/model';
import type { Source } from '@overlay/mysql';
import { type Database, readLogPlace, Unanswerable } from '@overlay/storage';

interface Awaited {
  readonly database: Database;
  /** The source, by its name in the log. */
  readonly name: string;
  /** What has to have landed. */
  readonly executed: GtidSet;
  /** The server, for what its binary log says of transactions that have not come. */
  readonly server: Source;
  readonly serverUuid: string;
  readonly wait_s_max: number;
  readonly signal?: AbortSignal | undefined;
}

const LOOK_MS = 500;

/**
 * Waits until every transaction of the set that changed a captured table has landed. Throws {@link Unanswerable} when the server is not the source, and when it
 * takes too long, with what has not come.
 */
export async function untilLanded(awaited: Awaited): Promise<void> {
  const { database, name, executed, signal, wait_s_max } = awaited;
  const deadline = performance.now() + wait_s_max * 1000;
  for (;;) {
    const place = await readLogPlace(database, name);
    const landed = GtidSet.parse(place?.gtids ?? '');
    refuseStranger(awaited, landed);
    const { late, obstacle } = await lateOf(awaited, behind(executed, landed));
    if (late.isEmpty) return;
    if (performance.now() > deadline)
      throw new Unanswerable(
        'conflict',
        `the log of ${name} has not come to the state of the source within ${wait_s_max} s: ${late.size} transactions are missing (${shortened(String(late))})`,
        obstacle ?? '`auditctl status` and `auditctl coverage` show what holds it up; --wait waits longer',
      );
    await sleep(LOOK_MS, undefined, signal && { signal });
  }
}

const SHOWN_LENGTH = 200;
const shortened = (text: string): string => (text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text);

/** A source keeps its history, also when another server takes over. */
function refuseStranger({ name, executed, serverUuid }: Awaited, landed: GtidSet): void {
  if (landed.isEmpty || !landed.and(executed).isEmpty) return;
  const servers = [...new Set(landed.ranges().map(({ server }) => server))];
  throw new Unanswerable(
    'conflict',
    `the server that SOURCE_URL names (${serverUuid}) is not the source ${name}: it has executed nothing of what landed`,
    `what landed is of ${servers.join(', ')}`,
  );
}

/** What is after the last transaction that landed of each server: what is before it was passed, and is a matter of coverage. */
function behind(executed: GtidSet, landed: GtidSet): GtidSet {
  const passed = landed.ranges().map(({ server, last }) => ({ server, first: 1, last }));
  return executed.minus(GtidSet.of(passed));
}

interface Late {
  readonly late: GtidSet;
  /** Why it cannot be told whether they changed anything that is captured. */
  readonly obstacle?: string | undefined;
}

/** Those of the transactions that changed or defined something that is captured; all of them, where that cannot be told. */
async function lateOf({ server, database, name }: Awaited, missing: GtidSet): Promise<Late> {
  if (missing.isEmpty) return { late: missing };
  const check = (await lookAtCoverage({ source: server, database, name }))?.check;
  if (!check) return { late: missing };
  if (check.obstacle !== null) return { late: missing, obstacle: check.obstacle };
  return { late: missing.and(GtidSet.parse(check.onTheWay)) };
}
