import { RecordKind, type Timestamp, type WrittenRecord } from '@overlay/model';
import type { Database } from './database.ts';

/** Sequences that are read back at a time. */
const SEQUENCES_MAX = 500;

interface EnvelopeRow {
  sequence: string;
  kind: string;
  transaction_id: string;
  commit_time: string;
}

/**
 * Reads landed records back, byte for byte as they landed, for publishing again. The envelope comes from `transactions`, which has a row
 * for every sequence, so a record without items is read back too.
 */
export function makeUnpublished(database: Database, table: string) {
  return async function* unpublished(
    source: string,
    after: number,
    landed: number,
  ): AsyncGenerator<WrittenRecord<never>> {
    for (let from = after + 1; from <= landed; from += SEQUENCES_MAX) {
      const range = [source, from, Math.min(from + SEQUENCES_MAX - 1, landed)];
      const envelopes = await database.query<EnvelopeRow>(
        `select sequence, kind, transaction_id, to_char(commit_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as commit_time
          from audit.transactions where source = $1 and sequence between $2 and $3 order by sequence`,
        range,
      );
      const items = await database.query<{ sequence: string; body: string }>(
        `select sequence, body::text as body from audit.${table} where source = $1 and sequence between $2 and $3
          order by sequence, ordinal`,
        range,
      );
      yield* join(source, envelopes, items);
    }
  };
}

function* join(
  source: string,
  envelopes: readonly EnvelopeRow[],
  items: readonly { sequence: string; body: string }[],
) {
  const bodies = Map.groupBy(items, (item) => item.sequence);
  for (const { sequence, kind, transaction_id, commit_time } of envelopes) {
    yield {
      record: {
        source,
        sequence: Number(sequence),
        kind: RecordKind.parse(kind),
        transactionId: transaction_id,
        timestamp: commit_time as Timestamp,
        items: [],
      },
      bodies: (bodies.get(sequence) ?? []).map((item) => item.body),
    };
  }
}
