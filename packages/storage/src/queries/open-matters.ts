import type { GapCode } from '@overlay/model';
import type { Database } from '../database.ts';
import { STAGES } from './heads.ts';
import { instant } from './sql.ts';

/** A gap as it stands on record. */
export interface StoredGap {
  readonly gapId: string;
  readonly stage: string;
  readonly source: string;
  readonly code: GapCode;
  readonly subject: string;
  readonly detail: string;
  readonly afterSequence: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string | null;
  readonly foundAt: string;
  readonly decision: 'accept' | 'retry' | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

interface GapRow {
  gap_id: string;
  stage: string;
  source: string;
  code: GapCode;
  subject: string;
  detail: string;
  after_sequence: string;
  topic: string;
  partition: number;
  record_offset: string | null;
  found_at: string;
  decision: StoredGap['decision'];
  decided_by: string | null;
  decided_at: string | null;
}

const GAP_COLUMNS = `gap_id::text as gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, record_offset,
  ${instant('found_at')} as found_at, decision, decided_by, ${instant('decided_at')} as decided_at`;

const gapOf = (row: GapRow): StoredGap => ({
  gapId: row.gap_id,
  stage: row.stage,
  source: row.source,
  code: row.code,
  subject: row.subject,
  detail: row.detail,
  afterSequence: Number(row.after_sequence),
  topic: row.topic,
  partition: row.partition,
  offset: row.record_offset,
  foundAt: row.found_at,
  decision: row.decision,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
});

/** Gaps on record, the undecided first, then the newest. */
export async function readGaps(database: Database, limit: number): Promise<readonly StoredGap[]> {
  const rows = await database.query<GapRow>(
    `select ${GAP_COLUMNS} from audit.gaps g order by g.decision is not null, g.found_at desc, g.gap_id limit $1`,
    [limit],
  );
  return rows.map(gapOf);
}

/** Gaps whose id lies between two ids, both included. */
export async function findGaps(database: Database, low: string, high: string): Promise<readonly StoredGap[]> {
  const rows = await database.query<GapRow>(
    `select ${GAP_COLUMNS} from audit.gaps where gap_id between $1::uuid and $2::uuid order by 1 limit 10`,
    [low, high],
  );
  return rows.map(gapOf);
}

/** Writes a decision on a gap that has none. Undefined when it is decided already, or not there. */
export async function writeGapDecision(
  database: Database,
  gapId: string,
  decision: 'accept' | 'retry',
  by: string,
): Promise<StoredGap | undefined> {
  const [row] = await database.query<GapRow>(
    `update audit.gaps set decision = $2, decided_by = $3, decided_at = now() where gap_id = $1 and decision is null
      returning ${GAP_COLUMNS}`,
    [gapId, decision, by],
  );
  return row && gapOf(row);
}

/** Dead letters of one stage, source and code. */
export interface DeadLetterCount {
  readonly stage: string;
  readonly source: string;
  readonly code: string;
  readonly count: number;
  readonly lastFoundAt: string;
  readonly lastDetail: string;
  readonly lastTopic: string;
  readonly lastPartition: number;
  readonly lastOffset: string;
}

/** Of those that nothing repaired. */
export async function countDeadLetters(database: Database): Promise<readonly DeadLetterCount[]> {
  const rows = await database.query<{
    stage: string;
    source: string;
    code: string;
    count: string;
    found_at: string;
    detail: string;
    topic: string;
    partition: number;
    record_offset: string;
  }>(
    `select distinct on (stage, source, code) stage, source, code, count(*) over (partition by stage, source, code) as count,
      ${instant('d.found_at')} as found_at, detail, topic, partition, record_offset
      from audit.dead_letters d
      where not exists (select from audit.transactions r where d.stage = '${STAGES[0]}' and r.source = d.source and r.repairs = d.sequence)
      order by stage, source, code, d.found_at desc, d.record_offset desc`,
  );
  return rows.map((row) => ({
    stage: row.stage,
    source: row.source,
    code: row.code,
    count: Number(row.count),
    lastFoundAt: row.found_at,
    lastDetail: row.detail,
    lastTopic: row.topic,
    lastPartition: row.partition,
    lastOffset: row.record_offset,
  }));
}

/** A transaction that keeps its sequence but could not be read. */
export interface SetAside {
  readonly source: string;
  readonly sequence: number;
  readonly transactionId: string;
  readonly commitTime: string;
}

/** The newest set-aside transactions that nothing repaired, and how many there are. */
export async function readSetAside(
  database: Database,
  limit: number,
): Promise<{ readonly count: number; readonly latest: readonly SetAside[] }> {
  const rows = await database.query<{
    source: string;
    sequence: string;
    transaction_id: string;
    commit_time: string;
    count: string;
  }>(
    `select t.source, t.sequence, t.transaction_id, ${instant('t.commit_time')} as commit_time, count(*) over () as count
      from audit.transactions t
      where t.kind = 'set_aside' and not exists (select from audit.transactions r where r.source = t.source and r.repairs = t.sequence)
      order by t.commit_time desc, t.sequence desc limit $1`,
    [limit],
  );
  return {
    count: Number(rows[0]?.count ?? 0),
    latest: rows.map((row) => ({
      source: row.source,
      sequence: Number(row.sequence),
      transactionId: row.transaction_id,
      commitTime: row.commit_time,
    })),
  };
}

/** What waits in a source for more records to be whole, as its stage saw it last. */
export interface StoredWaiting {
  readonly stage: string;
  readonly source: string;
  readonly subject: string | null;
  readonly records: number;
  /** Publishing times of the first and the last record that came. */
  readonly since: string;
  readonly last: string;
  readonly notedAt: string;
}

/** What has begun and is not whole, the longest first. */
export async function readWaiting(database: Database): Promise<readonly StoredWaiting[]> {
  const rows = await database.query<Omit<StoredWaiting, 'records' | 'notedAt'> & { records: string; noted_at: string }>(
    `select stage, source, subject, records, ${instant('w.since')} as since, ${instant('w.last_at')} as last,
      ${instant('w.noted_at')} as noted_at from audit.waiting w order by w.since, stage, source`,
  );
  return rows.map(({ noted_at, records, ...row }) => ({ ...row, records: Number(records), notedAt: noted_at }));
}

/** How many sequences of the log lie between two, both left out. */
export async function countSequencesBetween(
  database: Database,
  source: string,
  after: number,
  before: number,
): Promise<number> {
  const [row] = await database.query<{ count: string }>(
    'select count(*) as count from audit.transactions where source = $1 and sequence > $2 and sequence < $3',
    [source, after, before],
  );
  return Number(row?.count ?? 0);
}
