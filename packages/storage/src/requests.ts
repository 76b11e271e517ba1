import type { RequestKind, SetAsideUnit, StageRequest, Waiting } from '@overlay/model';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';

/** What people ask of a stage in these sources and has no answer yet, the oldest first. */
export async function readOpenRequests(
  database: Database,
  stage: string,
  sources: readonly string[],
): Promise<readonly StageRequest[]> {
  const rows = await database.query<{
    request_id: string;
    kind: RequestKind;
    source: string;
    sequence: string;
    is_corrected: boolean;
    pack_name: string | null;
    pack_version: number | null;
    content: unknown;
  }>(
    `select request_id, kind, source, sequence, is_corrected, pack_name, pack_version, content
      from audit.requests left join audit.pack_versions on name = pack_name and version = pack_version
      where outcome is null and stage = $1 and source = any($2) order by requested_at, request_id`,
    [stage, sources],
  );
  return rows.map(({ request_id, kind, source, sequence, is_corrected, pack_name, pack_version, content }) => ({
    requestId: request_id,
    kind,
    source,
    sequence: Number(sequence),
    isCorrected: is_corrected,
    ...(pack_name !== null && pack_version !== null && { pack: { name: pack_name, version: pack_version, content } }),
  }));
}

/** Answers a request that has no answer yet; `effectSequence` is where it took effect. */
export async function writeAnswer(
  client: { readonly query: (text: string, values: unknown[]) => Promise<unknown> },
  requestId: string,
  answer: { readonly refusal: string | null; readonly effectSequence: number | null },
): Promise<void> {
  await client.query(
    `update audit.requests set outcome = $2, refusal = $3, effect_sequence = $4, answered_at = clock_timestamp()
      where request_id = $1 and outcome is null`,
    [requestId, answer.refusal === null ? 'done' : 'refused', answer.refusal, answer.effectSequence],
  );
}

/** What is set aside under a sequence of the log; undefined when nothing is. */
export async function readSetAsideUnit(
  database: Database,
  source: string,
  sequence: number,
): Promise<SetAsideUnit | undefined> {
  const [row] = await database.query<{ transaction_id: string; commit_time: string; repaired_by: string | null }>(
    `select t.transaction_id, ${instant('t.commit_time')} as commit_time,
        (select min(r.sequence) from audit.transactions r where r.source = t.source and r.repairs = t.sequence) as repaired_by
      from audit.transactions t where t.source = $1 and t.sequence = $2 and t.kind = 'set_aside'`,
    [source, sequence],
  );
  return (
    row && {
      transactionId: row.transaction_id,
      timestamp: row.commit_time,
      repairedBy: row.repaired_by === null ? null : Number(row.repaired_by),
    }
  );
}

/** Writes down what waits in a source for more records, or that nothing does. */
export async function writeWaiting(
  database: Database,
  stage: string,
  source: string,
  waiting: Waiting | null,
): Promise<void> {
  if (!waiting) {
    await database.query('delete from audit.waiting where stage = $1 and source = $2', [stage, source]);
    return;
  }
  const { subject, records, since, last } = waiting;
  await database.query(
    `insert into audit.waiting (stage, source, subject, records, since, last_at)
      values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000), to_timestamp($6::double precision / 1000))
      on conflict (stage, source) do update set subject = excluded.subject, records = excluded.records, since = excluded.since,
        last_at = excluded.last_at, noted_at = now()`,
    [stage, source, subject, records, since, last],
  );
}
