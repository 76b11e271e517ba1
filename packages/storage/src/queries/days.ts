import type { TransactionGrade } from '@overlay/model';
import type { Database } from '../database.ts';

/** A stretch of a source's history: commit times in `[from, to)`, and no sequence above `upTo`. */
export interface DayRange {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly upTo: number;
}

/** What the log holds of a stretch. */
export interface DayRecord {
  readonly first: number | null;
  readonly last: number | null;
  readonly transactions: number;
  readonly changeEvents: number;
  readonly businessEvents: number;
  /** Transactions and repairs, by the grade of their actor. */
  readonly actors: Readonly<Record<TransactionGrade, number>>;
  /** Row changes of transactions and repairs. */
  readonly judgedChanges: number;
  /** Of them, those that no business event rests on. */
  readonly unexplainedChanges: number;
  /** Set aside and not repaired. */
  readonly setAside: number;
  /** Sequences between first and last that are not there. */
  readonly missing: number;
  /** Gaps between first and last that are undecided or were accepted: nothing filled them. */
  readonly gaps: number;
}

interface CountRow {
  first: string | null;
  last: string | null;
  transactions: string;
  change_events: string;
  set_aside: string;
  judged_changes: string;
  unexplained_changes: string;
  business_events: string;
}

const RANGE = 'source = $1 and commit_time >= $2::timestamptz and commit_time < $3::timestamptz and sequence <= $4';

export async function readDayRecord(database: Database, { source, from, to, upTo }: DayRange): Promise<DayRecord> {
  const [row] = await database.query<CountRow>(
    `select min(t.sequence) as first, max(t.sequence) as last, count(*) as transactions,
        coalesce(sum(t.item_count), 0) as change_events,
        greatest(0, count(*) filter (where t.kind = 'set_aside') - count(*) filter (where t.kind = 'repair')) as set_aside,
        coalesce(sum(t.item_count) filter (where t.kind in ('transaction', 'repair')), 0) as judged_changes,
        (select coalesce(sum(row_count), 0) from audit.current_unexplained_changes where ${RANGE}) as unexplained_changes,
        (select count(*) from audit.current_business_events where ${RANGE}) as business_events
      from audit.transactions t where ${RANGE}`,
    [source, from, to, upTo],
  );
  const [first, last] = [row?.first ?? null, row?.last ?? null];
  const holes =
    first === null || last === null
      ? { missing: 0, gaps: 0 }
      : await readHoles(database, source, Number(first), Number(last));
  return {
    first: first === null ? null : Number(first),
    last: last === null ? null : Number(last),
    transactions: Number(row?.transactions ?? 0),
    changeEvents: Number(row?.change_events ?? 0),
    businessEvents: Number(row?.business_events ?? 0),
    judgedChanges: Number(row?.judged_changes ?? 0),
    unexplainedChanges: Number(row?.unexplained_changes ?? 0),
    actors: await countActors(database, { source, from, to, upTo }),
    setAside: Number(row?.set_aside ?? 0),
    ...holes,
  };
}

/** How many transactions have an actor of which grade: those of nobody have no row. */
async function countActors(database: Database, { source, from, to, upTo }: DayRange): Promise<DayRecord['actors']> {
  const rows = await database.query<{ grade: TransactionGrade; transactions: string }>(
    `select coalesce(actor_grade, 'unknown') as grade, count(*) as transactions
      from (select source, sequence, commit_time from audit.transactions where ${RANGE} and kind in ('transaction', 'repair')) acts
      left join (select * from audit.current_transaction_actors where ${RANGE}) known using (source, sequence, commit_time)
      group by actor_grade`,
    [source, from, to, upTo],
  );
  const none = { exact: 0, corroborated: 0, inferred: 0, several: 0, unknown: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ grade, transactions }) => [grade, Number(transactions)])) };
}

async function readHoles(
  database: Database,
  source: string,
  first: number,
  last: number,
): Promise<Pick<DayRecord, 'missing' | 'gaps'>> {
  const [row] = await database.query<{ present: string; gaps: string }>(
    `select (select count(*) from audit.transactions where source = $1 and sequence between $2::bigint and $3::bigint) as present,
      (select count(*) from audit.gaps where source = $1 and after_sequence between $2::bigint - 1 and $3::bigint
        and (decision is null or decision = 'accept')) as gaps`,
    [source, first, last],
  );
  return { missing: last - first + 1 - Number(row?.present ?? 0), gaps: Number(row?.gaps ?? 0) };
}

/** The last sequence of a stretch up to `upTo`, and how many of its transactions lie above that. Null: none has come so far. */
export async function readDayBound(
  database: Database,
  { source, from, to, upTo }: DayRange,
): Promise<{ readonly bound: number | null; readonly pending: number }> {
  const [row] = await database.query<{ bound: string | null; pending: string }>(
    `select max(sequence) filter (where sequence <= $4) as bound, count(*) filter (where sequence > $4) as pending
      from audit.transactions where source = $1 and commit_time >= $2::timestamptz and commit_time < $3::timestamptz`,
    [source, from, to, upTo],
  );
  return { bound: row?.bound == null ? null : Number(row.bound), pending: Number(row?.pending ?? 0) };
}

/** The local days on which transactions with a sequence in `(after, upTo]` committed. */
export async function readDaysBetween(
  database: Database,
  {
    source,
    timeZone,
    after,
    upTo,
  }: { readonly source: string; readonly timeZone: string; readonly after: number; readonly upTo: number },
): Promise<readonly string[]> {
  const rows = await database.query<{ day: string }>(
    `select distinct to_char(commit_time at time zone $2, 'YYYY-MM-DD') as day
      from audit.transactions where source = $1 and sequence > $3 and sequence <= $4 order by day`,
    [source, timeZone, after, upTo],
  );
  return rows.map(({ day }) => day);
}
