import { Anomaly } from '@overlay/model';
import type { Database } from '../database.ts';
import { instant, severityRank } from './sql.ts';

export interface AnomalyFilter {
  readonly source?: string;
  /** Commit times in `[from, to)`. */
  readonly from?: string;
  readonly to?: string;
  /** No sequence above this. */
  readonly upTo?: number;
  readonly severityMin?: Anomaly['severity'];
  readonly limit: number;
}

/** An anomaly with its place in the log. */
export interface StoredAnomaly {
  readonly source: string;
  readonly sequence: number;
  readonly commitTime: string;
  readonly caseId: string;
  readonly anomaly: Anomaly;
}

export interface AnomalyRow {
  source: string;
  sequence: string;
  commit_time: string;
  case_id: string;
  body: unknown;
}

export const ANOMALY_COLUMNS = `source, sequence, ${instant('commit_time')} as commit_time, case_id::text as case_id, body`;

export const storedAnomaly = (row: AnomalyRow): StoredAnomaly => ({
  source: row.source,
  sequence: Number(row.sequence),
  commitTime: row.commit_time,
  caseId: row.case_id,
  anomaly: Anomaly.parse(row.body),
});

const WHERE = `($1::text is null or source = $1) and ($2::timestamptz is null or commit_time >= $2)
  and ($3::timestamptz is null or commit_time < $3) and ($4::bigint is null or sequence <= $4)
  and ($5::text is null or ${severityRank('severity')} >= ${severityRank('$5::text')})`;

const valuesOf = ({ source, from, to, upTo, severityMin }: AnomalyFilter): unknown[] => [
  source ?? null,
  from ?? null,
  to ?? null,
  upTo ?? null,
  severityMin ?? null,
];

/** The most severe first, then the strangest, then the newest. */
export async function readAnomalies(database: Database, filter: AnomalyFilter): Promise<readonly StoredAnomaly[]> {
  const rows = await database.query<AnomalyRow>(
    `select ${ANOMALY_COLUMNS} from audit.anomalies a where ${WHERE}
      order by ${severityRank('severity')} desc, score desc, a.commit_time desc, sequence desc, ordinal limit $6`,
    [...valuesOf(filter), filter.limit],
  );
  return rows.map(storedAnomaly);
}

/** How many there are of each severity, and some of their ids; severities without any are left out. */
export async function countAnomalies(
  database: Database,
  filter: Omit<AnomalyFilter, 'limit'>,
): Promise<ReadonlyMap<Anomaly['severity'], { readonly count: number; readonly ids: readonly string[] }>> {
  const rows = await database.query<{ severity: Anomaly['severity']; count: string; ids: string[] }>(
    `select severity, count(*) as count, (array_agg(anomaly_id::text order by score desc, sequence, ordinal))[1:20] as ids
      from audit.anomalies where ${WHERE} group by severity`,
    valuesOf({ ...filter, limit: 0 }),
  );
  return new Map(rows.map(({ severity, count, ids }) => [severity, { count: Number(count), ids }]));
}
