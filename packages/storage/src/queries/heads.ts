import type { Database } from '../database.ts';
import { instant } from './sql.ts';

/** The stages in the order in which a record goes through them. */
export const STAGES = ['normalizer', 'inferencer', 'anomaly-scorer', 'summarizer'] as const;
/** The stages that a record has gone through when it leaves this one. */
export function stagesUpTo(stage: string): readonly string[] {
  const at = STAGES.map(String).indexOf(stage);
  return at < 0 ? [stage] : STAGES.slice(0, at + 1);
}

/** The stages whose records a day's facts are made of: facts reach as far as the last of them has come. */
const FACT_STAGES = STAGES.slice(0, 3);

/** Where a stage stands in a source. */
export interface StageHead {
  readonly stage: string;
  readonly source: string;
  readonly landed: number;
  readonly published: number;
  /** Commit time of the last landed sequence; null before the first. */
  readonly landedCommitTime: string | null;
  /** When the head moved last. */
  readonly updatedAt: string;
}

/** Every head there is, by source and then in the order of the stages. */
export async function readHeads(database: Database): Promise<readonly StageHead[]> {
  const rows = await database.query<{
    stage: string;
    source: string;
    landed: string;
    published: string;
    landed_commit_time: string | null;
    updated_at: string;
  }>(
    `select h.stage, h.source, h.landed, h.published, ${instant('h.updated_at')} as updated_at,
      (select ${instant('t.commit_time')} from audit.transactions t where t.source = h.source and t.sequence = h.landed limit 1)
        as landed_commit_time
      from audit.heads h order by h.source, array_position($1::text[], h.stage), h.stage`,
    [STAGES],
  );
  return rows.map((row) => ({
    stage: row.stage,
    source: row.source,
    landed: Number(row.landed),
    published: Number(row.published),
    landedCommitTime: row.landed_commit_time,
    updatedAt: row.updated_at,
  }));
}

/** Names of all sources that a stage has opened, in order. */
export async function readSources(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ source: string }>('select distinct source from audit.heads order by source');
  return rows.map(({ source }) => source);
}

/** The last sequence that every stage whose records make facts has landed; 0 while one of them has not begun. */
export async function readFactsBound(database: Database, source: string): Promise<number> {
  const [row] = await database.query<{ bound: string }>(
    `select case when count(*) = $3 then min(landed) else 0 end as bound
      from audit.heads where source = $1 and stage = any($2)`,
    [source, FACT_STAGES, FACT_STAGES.length],
  );
  return Number(row?.bound ?? 0);
}
