import type { Database } from '../database.ts';

/** What is stored of a stretch of the log, counted from its rows. */
export interface StoredStretch {
  /** Transactions by kind. */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
  /** Changes by table and operation. */
  readonly changes: readonly { readonly table: string; readonly operation: string; readonly count: number }[];
  /** Sequences that have no row, as intervals. */
  readonly lacking: readonly { readonly first: number; readonly last: number }[];
  /** Transactions that do not have as many changes as END announced. */
  readonly miscounted: readonly {
    readonly sequence: number;
    readonly transactionId: string;
    readonly announced: number;
    readonly stored: number;
  }[];
  /** Set aside and not repaired. */
  readonly setAside: readonly { readonly sequence: number; readonly transactionId: string }[];
}

const SHOWN_MAX = 100;

/** A source, and the first and last sequence. */
type Stretch = readonly [source: string, first: number, last: number];

/** Counts the rows of a stretch, ends with it; reads all of them. */
export async function countStretch(database: Database, ...stretch: Stretch): Promise<StoredStretch> {
  const [kinds, changes] = [await countKinds(database, stretch), await countChanges(database, stretch)];
  const lacking = await findLacking(database, stretch);
  const miscounted = await findMiscounted(database, stretch);
  return { kinds, changes, lacking, miscounted, setAside: await findSetAside(database, stretch) };
}

async function countKinds(database: Database, stretch: Stretch): Promise<StoredStretch['kinds']> {
  const rows = await database.query<{ kind: string; count: string }>(
    'select kind, count(*) as count from audit.transactions where source = $1 and sequence between $2 and $3 group by 1 order by 1',
    stretch,
  );
  return rows.map(({ kind, count }) => ({ kind, count: Number(count) }));
}

async function countChanges(database: Database, stretch: Stretch): Promise<StoredStretch['changes']> {
  const rows = await database.query<{ table: string; operation: string; count: string }>(
    `select database_name || '.' || table_name as table, operation, count(*) as count from audit.change_events
      where source = $1 and sequence between $2 and $3 group by 1, 2 order by 1, 2`,
    stretch,
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

async function findLacking(database: Database, stretch: Stretch): Promise<StoredStretch['lacking']> {
  const rows = await database.query<{ first: string; last: string }>(
    `select lower(hole) as first, upper(hole) - 1 as last from unnest(int8multirange(int8range($2, $3, '[]'))
        - coalesce((select range_agg(int8range(sequence, sequence, '[]')) from audit.transactions
            where source = $1 and sequence between $2 and $3), '{}')) as hole order by 1 limit ${SHOWN_MAX}`,
    stretch,
  );
  return rows.map(({ first, last }) => ({ first: Number(first), last: Number(last) }));
}

/** Transactions whose changes are not as many as announced, or not numbered from 1; and changes of no transaction. */
async function findMiscounted(database: Database, stretch: Stretch): Promise<StoredStretch['miscounted']> {
  const rows = await database.query<{ sequence: string; transaction_id: string; announced: number; stored: string }>(
    `with stored as materialized (
        select sequence, count(*) as stored, max(ordinal) as last_ordinal from audit.change_events
          where source = $1 and sequence between $2 and $3 group by 1)
      select sequence, coalesce(t.transaction_id, 'unknown') as transaction_id, coalesce(t.item_count, 0) as announced, coalesce(s.stored, 0) as stored
        from (select * from audit.transactions where source = $1 and sequence between $2 and $3) t full join stored s using (sequence)
        where t.item_count is null or t.item_count <> coalesce(s.stored, 0) or t.item_count <> coalesce(s.last_ordinal, 0)
        order by 1 limit ${SHOWN_MAX}`,
    stretch,
  );
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    transactionId: row.transaction_id,
    announced: row.announced,
    stored: Number(row.stored),
  }));
}

async function findSetAside(database: Database, stretch: Stretch): Promise<StoredStretch['setAside']> {
  const rows = await database.query<{ sequence: string; transaction_id: string }>(
    `select t.sequence, t.transaction_id from audit.transactions t where t.source = $1 and t.sequence between $2 and $3 and t.kind = 'set_aside'
      and not exists (select from audit.transactions r where r.source = $1 and r.repairs = t.sequence) order by 1 limit ${SHOWN_MAX}`,
    stretch,
  );
  return rows.map((row) => ({ sequence: Number(row.sequence), transactionId: row.transaction_id }));
}
