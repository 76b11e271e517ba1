import type { GtidRange } from '@overlay/model';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';

/** How things stood when a source was asked last. GTID sets as MySQL writes them. */
export interface CoverageCheck {
  readonly source: string;
  /** The server that answered. */
  readonly serverUuid: string;
  /** Where in the binary log the snapshot stands that the log begins with, `file:position`; null before there is one. */
  readonly beganAt: string | null;
  /** What was executed before it. */
  readonly beforeLog: string;
  /** False: the binary log of that place was gone, so that it is assumed that the log has lacked nothing since its first GTID. */
  readonly isBeginningProven: boolean;
  readonly executed: string;
  /** What of it is in no binary log any more. */
  readonly purged: string;
  /** Executed and captured, and not landed yet. */
  readonly onTheWay: string;
  /** Landed, and unknown to the source. */
  readonly foreign: string;
  /** Why the binary log could not be looked at. */
  readonly obstacle: string | null;
}

/** What was found about a hole, for ever. */
export interface CoverageFinding extends GtidRange {
  readonly source: string;
  readonly verdict: 'no_captured_row' | 'gap';
  /** What the binary log shows of it, or why it is a gap. */
  readonly cause: string;
  /** What landed before a gap. */
  readonly afterSequence: number | null;
  readonly afterTime: string | null;
}

export interface StoredFinding extends CoverageFinding {
  readonly foundAt: string;
}

export interface StoredCoverageCheck extends CoverageCheck {
  readonly checkedAt: string;
}

export async function readCoverageCheck(database: Database, source: string): Promise<StoredCoverageCheck | undefined> {
  const [row] = await database.query<StoredCoverageCheck & Record<string, unknown>>(
    `select source, ${instant('checked_at')} as "checkedAt", server_uuid as "serverUuid", began_at as "beganAt", before_log as "beforeLog",
        is_beginning_proven as "isBeginningProven", executed, purged, on_the_way as "onTheWay", foreign_gtids as "foreign", obstacle
      from audit.coverage_checks where source = $1`,
    [source],
  );
  return row;
}

export async function readCoverageFindings(database: Database, source: string): Promise<readonly StoredFinding[]> {
  const rows = await database.query<Omit<StoredFinding, 'first' | 'last' | 'afterSequence'> & Record<string, unknown>>(
    `select source, server, first_number as first, last_number as last, verdict, cause, after_sequence as "afterSequence",
        ${instant('after_time')} as "afterTime", ${instant('found_at')} as "foundAt"
      from audit.coverage_findings where source = $1 order by finding_id`,
    [source],
  );
  return rows.map((row) => ({
    ...row,
    first: Number(row.first),
    last: Number(row.last),
    afterSequence: row.afterSequence === null ? null : Number(row.afterSequence),
  }));
}

/** Writes what a look at a source found: its findings and how things stand, together. */
export async function storeCoverage(
  database: Database,
  check: CoverageCheck,
  findings: readonly CoverageFinding[],
): Promise<void> {
  await database.query(
    `with found as (
        insert into audit.coverage_findings (source, server, first_number, last_number, verdict, cause, after_sequence, after_time)
          select $1, f.server, f.first, f.last, f.verdict, f.cause, f."afterSequence", f."afterTime"::timestamptz
            from json_to_recordset($11) as f(server text, first bigint, last bigint, verdict text, cause text, "afterSequence" bigint, "afterTime" text))
      insert into audit.coverage_checks (source, server_uuid, began_at, before_log, is_beginning_proven, executed, purged, on_the_way, foreign_gtids, obstacle)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (source) do update set checked_at = now(), server_uuid = excluded.server_uuid, began_at = excluded.began_at,
          before_log = excluded.before_log, is_beginning_proven = excluded.is_beginning_proven, executed = excluded.executed,
          purged = excluded.purged, on_the_way = excluded.on_the_way, foreign_gtids = excluded.foreign_gtids, obstacle = excluded.obstacle`,
    [
      check.source,
      check.serverUuid,
      check.beganAt,
      check.beforeLog,
      check.isBeginningProven,
      check.executed,
      check.purged,
      check.onTheWay,
      check.foreign,
      check.obstacle,
      JSON.stringify(findings),
    ],
  );
}

/** Where the log of a source stands, and where it begins. */
export interface LogPlace {
  readonly landed: number;
  readonly landedAt: string | null;
  readonly gtids: string;
  /** The place of the snapshot that counts, `file:position`: of its rows, or of the definitions where tables were empty. */
  readonly beganAt: string | null;
}

/** Undefined while nothing of the source has landed. */
export async function readLogPlace(database: Database, source: string): Promise<LogPlace | undefined> {
  const [row] = await database.query<{
    landed: string;
    landed_at: string | null;
    gtids: string;
    began_at: string | null;
  }>(
    `select h.landed, h.gtids,
        (select ${instant('t.commit_time')} from audit.transactions t where t.source = h.source and t.sequence = h.landed limit 1) as landed_at,
        coalesce((select substring(t.transaction_id from '^snapshot:([^:]+:[0-9]+)') from audit.transactions t where t.source = h.source and t.kind = 'snapshot'
            and t.sequence > audit.last_replaced(h.source, h.landed) order by t.sequence limit 1),
          (select v.binlog_file || ':' || v.binlog_position from audit.schema_versions v where v.source = h.source and v.kind = 'snapshot'
            order by v.sequence, v.ordinal limit 1)) as began_at
      from audit.heads h where h.stage = 'normalizer' and h.source = $1`,
    [source],
  );
  return row && { landed: Number(row.landed), landedAt: row.landed_at, gtids: row.gtids, beganAt: row.began_at };
}

/** Sequence and commit time of a transaction; undefined when none of that id landed. */
export async function readPlaceOf(
  database: Database,
  source: string,
  transactionId: string,
): Promise<{ readonly sequence: number; readonly commitTime: string } | undefined> {
  const [row] = await database.query<{ sequence: string; time: string }>(
    `select sequence, ${instant('commit_time')} as time from audit.transactions where source = $1 and transaction_id = $2 order by sequence limit 1`,
    [source, transactionId],
  );
  return row && { sequence: Number(row.sequence), commitTime: row.time };
}
