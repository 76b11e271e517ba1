import type { GtidRange } from '@overlay/model';
import type { Database } from '../database.ts';
import { instant } from './sql.ts';

/** The intervals of a source with their states: the view of analysts. */
export interface CoverageInterval extends GtidRange {
  readonly state: string;
  readonly cause: string | null;
  readonly afterTime: string | null;
  readonly foundAt: string | null;
}

export async function readCoverageIntervals(database: Database, source: string): Promise<readonly CoverageInterval[]> {
  const rows = await database.query<Omit<CoverageInterval, 'first' | 'last'> & { first: string; last: string }>(
    `select server, first_number as first, last_number as last, state, cause, ${instant('after_time')} as "afterTime",
        ${instant('found_at')} as "foundAt"
      from analyst.coverage where source = $1 order by server, first_number, state`,
    [source],
  );
  return rows.map((row) => ({ ...row, first: Number(row.first), last: Number(row.last) }));
}

/** Transactions of every source by state. */
export async function countCoverage(
  database: Database,
): Promise<readonly { readonly source: string; readonly state: string; readonly count: number }[]> {
  const rows = await database.query<{ source: string; state: string; count: string }>(
    'select source, state, sum(last_number - first_number + 1) as count from analyst.coverage group by 1, 2 order by 1, 2',
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
