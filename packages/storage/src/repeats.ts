import { type Gap, type Landing, microsecondsOf, type Repeat, type RowCount } from '@overlay/model';
import type { ClientBase } from 'pg';

interface LandedTransaction {
  transaction_id: string;
  /** Null for what is in the landing itself. */
  sequence: string | null;
  kind: string;
  commit_us: string;
  item_count: number;
}

/** A repeat that has not as many rows as what landed, if anything did. */
interface Differing {
  readonly repeat: Repeat;
  readonly landed: LandedTransaction | undefined;
}

/**
 * Compares what came again with what landed. A repeat has the same commit time, and as many rows of each table. A table of which it had none when it
 * landed was not captured then: its rows are a gap of their own, which a person can accept. One that it has no longer is not captured by now.
 */
export async function findRewritten(client: ClientBase, landing: Landing<unknown>): Promise<Gap | undefined> {
  const { head, repeats } = landing;
  if (repeats.length === 0) return undefined;
  const landed = await landedBefore(client, landing);
  const kept = await weeksKept(client, repeats);
  const differing = repeats
    .filter((repeat) => kept.has(dayOf(repeat)))
    .map((repeat) => ({ repeat, landed: landed.get(repeat.transactionId) }))
    .filter(differs);
  const other = differing.find((one) => isOfOtherTime(one) || one.landed?.sequence === null);
  if (other) return rewritten(other.repeat);
  return differing.length === 0 ? undefined : compareTables(client, head, differing);
}

async function landedBefore(
  client: ClientBase,
  { head, records, repeats }: Landing<unknown>,
): Promise<ReadonlyMap<string, LandedTransaction>> {
  const { rows } = await client.query<LandedTransaction>(
    `select transaction_id, sequence, kind, (extract(epoch from commit_time) * 1000000)::bigint as commit_us, item_count
      from audit.transactions where source = $1 and transaction_id = any($2)`,
    [head.source, repeats.map((repeat) => repeat.transactionId)],
  );
  const landed = new Map(rows.map((row) => [row.transaction_id, row]));
  // What comes again soon may be in the very landing that brings it for the first time.
  for (const { record, bodies } of records) {
    const { transactionId: transaction_id, kind, timestamp } = record;
    const commit_us = String(microsecondsOf(timestamp));
    landed.set(transaction_id, { transaction_id, sequence: null, kind, commit_us, item_count: bodies.length });
  }
  return landed;
}

const dayOf = ({ timestamp }: Repeat): string => timestamp.slice(0, timestamp.indexOf('T'));

/** The days whose week is here as it was: of one that has left, and perhaps was made again, nothing can be compared. */
async function weeksKept(client: ClientBase, repeats: readonly Repeat[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ day: string }>(
    `select day from unnest($1::text[]) as day where exists (select from pg_class where relnamespace = 'audit'::regnamespace
        and relname = 'transactions_' || to_char(day::date, 'IYYY"w"IW'))
      and not exists (select from audit.weeks where record_table = 'transactions' and week = to_char(day::date, 'IYYY"w"IW')
        and made_again_at is not null)`,
    [[...new Set(repeats.map(dayOf))]],
  );
  return new Set(rows.map(({ day }) => day));
}

/** A transaction that was accounted for without a record had no rows; what was set aside cannot be compared, nor what repaired it. */
function differs({ repeat, landed }: Differing): boolean {
  if (!landed) return repeat.itemCount > 0;
  if (landed.kind === 'set_aside' || landed.kind === 'repair') return false;
  return landed.item_count !== repeat.itemCount || isOfOtherTime({ repeat, landed });
}

const isOfOtherTime = ({ repeat, landed }: Differing): boolean =>
  landed !== undefined && Math.floor(Number(landed.commit_us) / 1000) !== Date.parse(repeat.timestamp);

const rewritten = ({ transactionId }: Repeat): Gap => ({
  code: 'source.rewritten',
  subject: transactionId,
  detail: `transaction ${transactionId} came again with other content (commit time or number of changes): was the binary log reset?`,
});

const nameOf = ({ database, table }: Pick<RowCount, 'database' | 'table'>): string => `${database}.${table}`;

async function compareTables(
  client: ClientBase,
  head: Landing<unknown>['head'],
  differing: readonly Differing[],
): Promise<Gap | undefined> {
  const landedRows = await countLandedRows(client, head.source, differing);
  const counts = differing
    .flatMap(({ repeat, landed }) => repeat.tables.map((count) => ({ repeat, landed, count })))
    .map((one) => ({ ...one, before: landedRows.get(`${one.landed?.sequence} ${nameOf(one.count)}`) }))
    .filter(({ count, before }) => count.rows !== before);
  const other = counts.find(({ before }) => before !== undefined);
  if (other) return rewritten(other.repeat);
  const accepted = await acceptedTables(client, head);
  const more = counts.find(({ landed, count }) => Number(landed?.sequence ?? 0) > (accepted.get(nameOf(count)) ?? -1));
  return more && widened(more.repeat, more.count);
}

/** Rows that landed, by sequence and table. */
async function countLandedRows(
  client: ClientBase,
  source: string,
  differing: readonly Differing[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ sequence: string; database: string; table: string; rows: number }>(
    `select sequence, database_name as database, table_name as table, count(*)::integer as rows from audit.change_events
      where source = $1 and sequence = any($2) group by 1, 2, 3`,
    [source, differing.flatMap(({ landed }) => (landed?.sequence ? [landed.sequence] : []))],
  );
  return new Map(rows.map((row) => [`${row.sequence} ${nameOf(row)}`, row.rows]));
}

/** The tables whose earlier rows a person let be missing, and the last sequence that this is about. */
async function acceptedTables(
  client: ClientBase,
  { stage, source }: Landing<unknown>['head'],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ subject: string; last: string }>(
    `select subject, max(after_sequence) as last from audit.gaps
      where stage = $1 and source = $2 and code = 'capture.widened' and decision = 'accept' group by 1`,
    [stage, source],
  );
  return new Map(rows.map(({ subject, last }) => [subject, Number(last)]));
}

const widened = ({ transactionId }: Repeat, count: RowCount): Gap => ({
  code: 'capture.widened',
  subject: nameOf(count),
  detail: `transaction ${transactionId} came again with ${count.rows} rows of ${nameOf(count)}, which it had not when it landed: was the table not captured then?`,
});
