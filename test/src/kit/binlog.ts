import type { RowDataPacket } from 'mysql2';
import type mysql from 'mysql2/promise';

/** A group of events of the binary log that has a GTID: a transaction, a DDL, or a part of a distributed transaction. */
export interface BinlogGroup {
  readonly gtid: string;
  readonly file: string;
  readonly position: number;
  /** Tables, as `database.table`, that it has row events for. */
  readonly tables: ReadonlySet<string>;
  /** The statement of a DDL. */
  readonly statement: string | undefined;
  /** True for rows that only a later XA COMMIT makes real. */
  readonly isPrepared: boolean;
}

interface Building {
  gtid: string;
  file: string;
  position: number;
  tables: Set<string>;
  statement: string | undefined;
  isPrepared: boolean;
}

/** What MySQL itself says it has committed, oldest first, read from all of its binary logs. */
export async function readBinlog(source: mysql.Connection): Promise<readonly BinlogGroup[]> {
  const [logs] = await source.query<RowDataPacket[]>('show binary logs');
  const groups: Building[] = [];
  for (const { Log_name: file } of logs) {
    const [events] = await source.query<RowDataPacket[]>(`show binlog events in '${file}'`);
    for (const event of events) takeEvent(groups, String(file), event);
  }
  return groups;
}

function takeEvent(groups: Building[], file: string, event: RowDataPacket): void {
  const [type, info] = [String(event.Event_type), String(event.Info)];
  const gtid = /GTID_NEXT= '([^']+)'/.exec(info)?.[1];
  if (/^Gtid/i.test(type) && gtid !== undefined) {
    groups.push({
      gtid,
      file,
      position: Number(event.Pos),
      tables: new Set(),
      statement: undefined,
      isPrepared: false,
    });
    return;
  }
  const group = groups.at(-1);
  if (!group) return;
  const table = type === 'Table_map' ? /\(([^)]+)\)/.exec(info)?.[1] : undefined;
  if (table !== undefined) group.tables.add(table);
  if (type === 'XA_prepare') group.isPrepared = true;
  if (type === 'Query' && !/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|XA )/i.test(info)) group.statement ??= info;
}
