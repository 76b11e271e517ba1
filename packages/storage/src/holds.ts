import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';

/** A subject that must not be erased until it is released. It is named by its id: who it is stands with the reason, if anywhere. */
export interface Hold {
  readonly holdId: string;
  readonly subjectId: string;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: string;
  readonly releasedBy: string | null;
  readonly releasedAt: string | null;
}

const COLUMNS = `hold_id::text as "holdId", subject_id as "subjectId", reason, placed_by as "placedBy", ${instant('placed_at')} as "placedAt",
  released_by as "releasedBy", ${instant('released_at')} as "releasedAt"`;

/** Every hold, those that still hold first, then the newest. @param keys the database of keys */
export const readHolds = (keys: Database): Promise<readonly Hold[]> =>
  keys.query<Hold & Record<string, unknown>>(
    `select ${COLUMNS} from audit_keys.holds order by released_at is null desc, placed_at desc`,
  );

export async function placeHold(keys: Database, hold: Pick<Hold, 'subjectId' | 'reason' | 'placedBy'>): Promise<Hold> {
  const [placed] = await keys.query<Hold & Record<string, unknown>>(
    `insert into audit_keys.holds (hold_id, subject_id, reason, placed_by) values ($1, $2, $3, $4) returning ${COLUMNS}`,
    [randomUUID(), hold.subjectId, hold.reason, hold.placedBy],
  );
  if (!placed) throw new Error('a hold that was placed is not there');
  return placed;
}

/** Ends a hold, once; undefined when there is none of that id that holds. */
export async function releaseHold(keys: Database, holdId: string, by: string): Promise<Hold | undefined> {
  const [released] = await keys.query<Hold & Record<string, unknown>>(
    `update audit_keys.holds set released_by = $2, released_at = clock_timestamp() where hold_id = $1 and released_at is null
      returning ${COLUMNS}`,
    [holdId, by],
  );
  return released;
}
