import { GtidSet } from '@overlay/model';
import type { Source } from './connect.ts';

/** A group of events of the binary log that has a GTID: a transaction, a DDL or another statement, or a part of a distributed transaction. */
export interface BinlogGroup {
  readonly gtid: string;
  readonly file: string;
  readonly position: number;
  /** Tables, as `database.table`, that it has row events for. */
  readonly tables: ReadonlySet<string>;
  /** A statement that stands for itself, such as a DDL, with the `use` before it. */
  readonly statement: string | undefined;
  /** Rows that only a later XA COMMIT makes real. */
  readonly isPrepared: boolean;
}

/** A file of the binary log, and what was executed before its first event. */
export interface BinlogFile {
  readonly name: string;
  readonly previous: GtidSet;
}

interface EventRow {
  readonly Pos: string;
  readonly Event_type: string;
  readonly End_log_pos: string;
  readonly Info: string;
}

/** Events that are asked for at once. */
const PAGE = 10_000;
/** Where the events of a file begin, behind its magic number. */
const BEGIN = 4;

/** The files that the server still has, oldest first. Throws {@link BinlogPurged} for one that goes meanwhile. Takes REPLICATION CLIENT, and REPLICATION SLAVE to look into them. */
export async function readBinlogFiles(source: Source): Promise<readonly BinlogFile[]> {
  const logs = await source.query<{ Log_name: string }>('show binary logs');
  const files: BinlogFile[] = [];
  for (const { Log_name: name } of logs) {
    const head = await readEvents(source, name, BEGIN, 2);
    const previous = head.find(({ Event_type }) => Event_type === 'Previous_gtids')?.Info ?? '';
    files.push({ name, previous: GtidSet.parse(previous.replaceAll(/\s/g, '')) });
  }
  return files;
}

/** The server had the file when it was asked for its files, and has thrown it away since. */
export class BinlogPurged extends Error {
  override readonly name = 'BinlogPurged';
}

async function readEvents(source: Source, file: string, from: number, limit: number): Promise<readonly EventRow[]> {
  try {
    return await source.query<EventRow>(`show binlog events in ? from ${from} limit ${limit}`, [file]);
  } catch (thrown) {
    const isGone = thrown instanceof Error && thrown.message.includes('Could not find target log');
    throw isGone ? new BinlogPurged(`${file} is not there any more`, { cause: thrown }) : thrown;
  }
}

/** The groups of one file from a position between two groups on, in their order; the last one too, when it is still being written. Throws {@link BinlogPurged}. */
export async function* readGroups(source: Source, file: string, from = BEGIN): AsyncGenerator<BinlogGroup> {
  let open: Building | undefined;
  for await (const event of readAllEvents(source, file, from)) {
    const gtid = gtidOf(event);
    if (gtid === undefined) {
      open?.take(event);
      continue;
    }
    if (open) yield open;
    open = new Building(gtid, file, Number(event.Pos));
  }
  if (open) yield open;
}

async function* readAllEvents(source: Source, file: string, from: number): AsyncGenerator<EventRow> {
  for (let position = from; ; ) {
    const events = await readEvents(source, file, position, PAGE);
    yield* events;
    const next = Number(events.at(-1)?.End_log_pos ?? 0);
    if (events.length < PAGE || next <= position) return;
    position = next;
  }
}

function gtidOf({ Event_type, Info }: EventRow): string | undefined {
  return /^Gtid/i.test(Event_type) ? /GTID_NEXT= '([^']+)'/.exec(Info)?.[1] : undefined;
}

class Building implements BinlogGroup {
  readonly tables = new Set<string>();
  statement: string | undefined;
  isPrepared = false;
  readonly gtid: string;
  readonly file: string;
  readonly position: number;

  constructor(gtid: string, file: string, position: number) {
    [this.gtid, this.file, this.position] = [gtid, file, position];
  }

  take({ Event_type, Info }: EventRow): void {
    const table = Event_type === 'Table_map' ? /\((.+)\)$/s.exec(Info)?.[1] : undefined;
    if (table !== undefined) this.tables.add(table);
    if (Event_type === 'XA_prepare') this.isPrepared = true;
    if (Event_type === 'Query' && !/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|XA |START TRANSACTION)/i.test(Info))
      this.statement ??= Info;
  }
}
