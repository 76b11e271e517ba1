import type { Database } from '@overlay/storage';

/** A row of `audit.change_events`. */
export interface LoggedChange {
  readonly sequence: number;
  readonly ordinal: number;
  readonly eventId: string;
  readonly operation: string;
  readonly table: string;
  readonly body: string;
}

/** A row of `audit.transactions`. */
export interface LoggedTransaction {
  readonly sequence: number;
  readonly kind: string;
  readonly transactionId: string;
  readonly commitTime: string;
  readonly itemCount: number;
}

const PAGE_ROWS = 2000;

interface ChangeRow {
  sequence: string;
  ordinal: number;
  event_id: string;
  operation: string;
  table_name: string;
  body: string;
}

/** Every change event of a source up to a sequence, in the log's order; held in memory one page at a time. */
export async function* changesOf(
  record: Database,
  source: string,
  { last = Number.MAX_SAFE_INTEGER, pageRows = PAGE_ROWS }: { last?: number; pageRows?: number } = {},
): AsyncGenerator<LoggedChange> {
  const pages = record.pages<ChangeRow>(
    `select sequence, ordinal, event_id, operation, table_name, body::text as body from audit.change_events
      where source = '${source}' and sequence <= ${last} order by sequence, ordinal`,
    pageRows,
  );
  for await (const rows of pages) {
    for (const { sequence, ordinal, event_id: eventId, operation, table_name: table, body } of rows)
      yield { sequence: Number(sequence), ordinal, eventId, operation, table, body };
  }
}

/** Every transaction of a source up to a sequence, in the log's order. */
export async function transactionsOf(
  record: Database,
  source: string,
  last = Number.MAX_SAFE_INTEGER,
): Promise<readonly LoggedTransaction[]> {
  const rows = await record.query<{
    sequence: string;
    kind: string;
    transaction_id: string;
    time: string;
    item_count: number;
  }>(
    `select sequence, kind, transaction_id, to_char(commit_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time, item_count
      from audit.transactions where source = $1 and sequence <= $2 order by sequence`,
    [source, last],
  );
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    kind: row.kind,
    transactionId: row.transaction_id,
    commitTime: row.time,
    itemCount: row.item_count,
  }));
}

/** SHA-256 over everything that the first stage wrote of a source up to a sequence, in order; and how much there is of it. */
export async function logDigest(
  record: Database,
  source: string,
  last: number,
): Promise<{ readonly transactions: number; readonly changes: number; readonly sha256: string }> {
  const [found] = await record.query<{ transactions: number; changes: number; sha256: string }>(
    `with t as (select count(*)::integer as n, string_agg(sha256(convert_to(
          concat_ws(' ', sequence, kind, transaction_id, extract(epoch from commit_time), item_count, encode(leaf, 'hex')), 'UTF8')), '' order by sequence) as bytes
        from audit.transactions where source = $1 and sequence <= $2),
      c as (select count(*)::integer as n, string_agg(sha256(convert_to(concat_ws(' ', sequence, ordinal, event_id, body::text), 'UTF8')), ''
          order by sequence, ordinal) as bytes
        from audit.change_events where source = $1 and sequence <= $2)
    select t.n as transactions, c.n as changes, encode(sha256(coalesce(t.bytes, '') || coalesce(c.bytes, '')), 'hex') as sha256 from t, c`,
    [source, last],
  );
  if (!found) throw new Error('an aggregate without a row');
  return found;
}
