import { type BusinessEvent, ChangeEvent, type DenseRecord, RecordKind, type Timestamp } from '@overlay/model';
import { LongItems } from '@overlay/runtime';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';

/** A stretch of a source's log. */
export interface LogStretch {
  readonly source: string;
  /** First and last sequence. */
  readonly from: number;
  readonly to: number;
}

const PAGE_ROWS = 2000;

interface ChangeRow {
  sequence: string;
  kind: string;
  transaction_id: string;
  commit_time: string;
  repairs: string | null;
  body: string | null;
}

/**
 * The records of a stretch as the stage behind the normalizer reads them, in order, with all of their changes or those of some tables. A record is good
 * until the next one is asked for.
 */
export async function* readLoggedRecords(
  database: Database,
  { source, from, to }: LogStretch,
  tables?: readonly string[],
): AsyncGenerator<DenseRecord<ChangeEvent>> {
  const ofTables = tables === undefined ? '' : `and e.table_name in (${tables.map(quoted).join(', ') || "''"})`;
  const pages = database.pages<ChangeRow>(
    `select t.sequence, t.kind, t.transaction_id, ${instant('t.commit_time')} as commit_time, t.repairs, e.body::text as body
      from audit.transactions t ${tables === undefined ? 'left join' : 'join'} audit.change_events e
        on e.source = t.source and e.sequence = t.sequence and e.commit_time = t.commit_time ${ofTables}
      where t.source = ${quoted(source)} and t.sequence between ${from} and ${to} order by t.sequence, e.ordinal`,
    PAGE_ROWS,
  );
  let open: ReturnType<typeof begun> | undefined;
  try {
    for await (const row of flattened(pages)) {
      if (open && open.record.sequence !== Number(row.sequence)) {
        yield open.record;
        open.items.release();
        open = undefined;
      }
      open ??= begun(source, row);
      if (row.body !== null) open.items.push(ChangeEvent.parse(JSON.parse(row.body)));
    }
    if (open) yield open.record;
  } finally {
    open?.items.release();
  }
}

async function* flattened<Row>(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<Row> {
  for await (const rows of pages) yield* rows;
}

const CHANGE_LENGTH = 1000;

function begun(source: string, { sequence, kind, transaction_id, commit_time, repairs }: ChangeRow) {
  const items = new LongItems<ChangeEvent>(() => CHANGE_LENGTH);
  const record: DenseRecord<ChangeEvent> = {
    source,
    sequence: Number(sequence),
    kind: RecordKind.parse(kind),
    transactionId: transaction_id,
    timestamp: commit_time as Timestamp,
    items,
    ...(repairs !== null && { repairs: Number(repairs) }),
  };
  return { record, items };
}

/** The business events that hold for a stretch now, in order, with their sequences. */
export async function* readCurrentEvents(
  database: Database,
  { source, from, to }: LogStretch,
): AsyncGenerator<{ readonly sequence: number; readonly event: BusinessEvent }> {
  const pages = database.pages<{ sequence: string; body: string }>(
    `select sequence, body::text as body from audit.current_business_events
      where source = ${quoted(source)} and sequence between ${from} and ${to} order by sequence, ordinal`,
    PAGE_ROWS,
  );
  for await (const { sequence, body } of flattened(pages))
    yield { sequence: Number(sequence), event: JSON.parse(body) as BusinessEvent };
}

/** First and last sequence that committed in a stretch of time; undefined when none did. */
export async function readSequencesBetween(
  database: Database,
  source: string,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<Pick<LogStretch, 'from' | 'to'> | undefined> {
  const [row] = await database.query<{ first: string | null; last: string | null }>(
    `select min(sequence) as first, max(sequence) as last from audit.transactions
      where source = $1 and commit_time >= coalesce($2::timestamptz, '-infinity') and commit_time < coalesce($3::timestamptz, 'infinity')`,
    [source, from ?? null, to ?? null],
  );
  return row?.first == null ? undefined : { from: Number(row.first), to: Number(row.last) };
}

/** A literal: a cursor takes no parameters. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
