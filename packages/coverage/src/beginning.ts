import { GtidSet } from '@overlay/model';
import { type BinlogFile, type ExecutedGtids, readGroups, type Source } from '@overlay/mysql';

/** What was executed before the snapshot that a log begins with. */
export interface Beginning {
  readonly gtids: GtidSet;
  /** False: its binary log is gone, and it is assumed that the log has lacked nothing since the first GTID of each server that landed. */
  readonly isProven: boolean;
}

/** @param beganAt where the snapshot stands in the binary log, `file:position` */
export async function findBeginning(
  source: Source,
  files: readonly BinlogFile[],
  beganAt: string | null,
  { executed, purged }: ExecutedGtids,
  landed: GtidSet,
): Promise<Beginning> {
  const [, name, position] = /^(.*):(\d+)$/.exec(beganAt ?? '') ?? [];
  const file = files.find((one) => one.name === name);
  if (!file) return { gtids: assumed(executed, purged, landed), isProven: false };
  const gtids = file.previous.plus(new GtidSet());
  for await (const group of readGroups(source, file.name)) {
    if (group.position >= Number(position)) break;
    gtids.add(group.gtid);
  }
  // Another server may have a file of the same name: nothing that landed was executed before the snapshot.
  if (!gtids.and(landed).isEmpty) return { gtids: assumed(executed, purged, landed), isProven: false };
  return { gtids, isProven: true };
}

/** Everything before the first that landed of a server, and what is purged of servers of which nothing landed. */
function assumed(executed: GtidSet, purged: GtidSet, landed: GtidSet): GtidSet {
  const firsts = new Map<string, number>();
  for (const { server, first } of landed.ranges()) if (!firsts.has(server)) firsts.set(server, first);
  return GtidSet.of([
    ...executed.ranges().flatMap(({ server, first, last }) => {
      const begin = firsts.get(server);
      return begin === undefined || first >= begin ? [] : [{ server, first, last: Math.min(last, begin - 1) }];
    }),
    ...purged.ranges().filter(({ server }) => !firsts.has(server)),
  ]);
}
