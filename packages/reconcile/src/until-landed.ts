import { setTimeout as sleep } from 'node:timers/promises';
import { GtidSet } from '@overlay/model';
import { type BinlogGroup, readBinlogFiles, readGroups, type Source } from '@overlay/mysql';
import { type Database, readLanded } from '@overlay/storage';
import { Unreconcilable } from './unreconcilable.ts';

interface Awaited {
  readonly database: Database;
  readonly name: string;
  /** What has to have landed. */
  readonly executed: GtidSet;
  /** Databases whose tables are captured. */
  readonly databases: ReadonlySet<string>;
  /** The server, for what its binary log says of transactions that have not come. */
  readonly source: Source;
  readonly serverUuid: string;
  readonly wait_s_max: number;
  readonly signal?: AbortSignal | undefined;
}

const LOOK_MS = 500;

/**
 * Waits until every transaction of the set that changed a captured table has landed. Throws {@link Unreconcilable} when the server is not the source, and when it
 * takes too long, with what has not come.
 */
export async function untilLanded(awaited: Awaited): Promise<void> {
  const { database, name, executed, signal, wait_s_max } = awaited;
  const deadline = performance.now() + wait_s_max * 1000;
  for (;;) {
    const landed = GtidSet.parse((await readLanded(database, name))?.gtids ?? '');
    refuseStranger(awaited, landed);
    const late = await lateOf(awaited, behind(executed, landed));
    if (late.isEmpty) return;
    if (performance.now() > deadline)
      throw new Unreconcilable(
        'conflict',
        `the log of ${name} has not come to the state of the source within ${wait_s_max} s: ${late.size} transactions are missing (${shortened(String(late))})`,
        '`auditctl status` shows what holds it up; --wait waits longer',
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
  throw new Unreconcilable(
    'conflict',
    `the server that SOURCE_URL names (${serverUuid}) is not the source ${name}: it has executed nothing of what landed`,
    `what landed is of ${servers.join(', ')}`,
  );
}

/** What is after the last transaction that landed of each server: what is before it was passed, and is a matter of coverage. */
function behind(executed: GtidSet, landed: GtidSet): GtidSet {
  const last = new Map(landed.ranges().map((range) => [range.server, range.last]));
  const passed = [...last].map(([server, number]) => `${server}:1-${number}`).join(',');
  return executed.minus(GtidSet.parse(passed));
}

/** Those of the transactions that the log is to have: they changed a captured table, or defined one. */
async function lateOf({ source, databases }: Awaited, missing: GtidSet): Promise<GtidSet> {
  const late = new GtidSet();
  if (missing.isEmpty) return late;
  const isCaptured = ({ tables, statement = '' }: BinlogGroup): boolean =>
    DEFINES.test(statement) || [...tables].some((table) => databases.has(table.split('.', 1)[0] ?? ''));
  const files = await readBinlogFiles(source);
  const rest = files.findLastIndex(({ previous }) => missing.and(previous).isEmpty);
  for (const { name } of files.slice(Math.max(rest, 0)))
    for await (const group of readGroups(source, name))
      if (missing.has(group.gtid) && isCaptured(group)) late.add(group.gtid);
  return late;
}

/** A DDL of a table, behind the `use` of its database. */
const DEFINES =
  /^(use [^;]*;\s*)?(\/\*.*?\*\/\s*)?(create|alter|drop|rename|truncate)\s+((temporary|unique|fulltext|spatial)\s+)?(table|index)\b/is;
