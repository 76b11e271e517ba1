import { HASH_BYTES, type Hash, unpackHashes } from '@overlay/evidence';
import { SELF_AUDIT } from '@overlay/model';
import type { Database } from '../database.ts';

/** Where the evidence log of a source stands, as its head says. */
export interface LogHead {
  readonly source: string;
  /** Number of leaves. */
  readonly size: number;
  /** The sequence of the first leaf: later than 1 when the log began after the record. */
  readonly first: number;
  /** The roots of the complete trees that it consists of, the largest first. */
  readonly frontier: readonly Hash[];
  /** Rows of sequences behind the last one that the head has: there can be none. */
  readonly beyond: number | null;
}

interface HeadRow {
  source: string;
  landed: string;
  size: string;
  frontier: Buffer;
  beyond: string | null;
}

/** SQL for how many leaves each log has: `source`, `size`. */
export const LOG_SIZES = `select source, evidence_size as size from audit.heads where evidence_size is not null
  union all select '${SELF_AUDIT}', size from audit.self_audit_head where size > 0`;

/** The heads of all evidence logs that have leaves, the sources by their names, and then the self-audit. */
export async function readLogHeads(database: Database): Promise<readonly LogHead[]> {
  const rows = await database.query<HeadRow>(
    `select * from (select h.source, h.landed, h.evidence_size as size, h.evidence_frontier as frontier,
        least((select min(t.sequence) from audit.transactions t where t.source = h.source and t.sequence > h.landed),
          (select min(e.sequence) from audit.change_events e where e.source = h.source and e.sequence > h.landed)) as beyond
      from audit.heads h where h.evidence_size is not null
      union all select '${SELF_AUDIT}', h.size, h.size, h.frontier, (select min(a.sequence) from audit.self_audit a where a.sequence > h.size)
      from audit.self_audit_head h where h.size > 0) logs order by source = '${SELF_AUDIT}', source`,
  );
  return rows.map(({ source, landed, size, frontier, beyond }) => ({
    source,
    size: Number(size),
    first: Number(landed) - Number(size) + 1,
    frontier: storedHashes(frontier),
    beyond: beyond === null ? null : Number(beyond),
  }));
}

/** Hashes as they are stored; none when the bytes are not whole hashes, which is then found by comparing. */
export const storedHashes = (bytes: Uint8Array): readonly Hash[] =>
  bytes.length % HASH_BYTES === 0 ? unpackHashes(bytes) : [];

/** Logs that have rows and no head. */
export async function readHeadless(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ source: string }>(
    `with recursive sources as (
        (select source from audit.transactions order by source limit 1)
        union all
        select (select t.source from audit.transactions t where t.source > s.source order by t.source limit 1)
          from sources s where s.source is not null)
      select source from sources s where source is not null
        and not exists (select from audit.heads h where h.source = s.source and h.evidence_size is not null)
      union all select '${SELF_AUDIT}' where exists (select from audit.self_audit)
        and not exists (select from audit.self_audit_head where size > 0)`,
  );
  return rows.map(({ source }) => source);
}
