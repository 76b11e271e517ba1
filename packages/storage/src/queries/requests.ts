import { randomBytes, randomUUID } from 'node:crypto';
import type { RequestKind } from '@overlay/model';
import { NONCE_BYTES, seal } from '@overlay/sealing';
import type { DataKeys } from '../data-keys.ts';
import type { Database } from '../database.ts';
import { boundToCorrection } from '../dead-letters.ts';
import { instant } from './sql.ts';

/** What a person asked of a running stage, and how it was answered. */
export interface StoredRequest {
  readonly requestId: string;
  readonly stage: string;
  readonly source: string;
  readonly kind: RequestKind;
  readonly sequence: number;
  readonly isCorrected: boolean;
  /** The version that is to come into force; null where it is about none. */
  readonly pack: { readonly name: string; readonly version: number } | null;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly outcome: 'done' | 'refused' | null;
  /** Why it was refused. */
  readonly refusal: string | null;
  /** The sequence at which it took effect. */
  readonly effectSequence: number | null;
  readonly answeredAt: string | null;
}

interface RequestRow {
  request_id: string;
  stage: string;
  source: string;
  kind: RequestKind;
  sequence: string;
  is_corrected: boolean;
  pack_name: string | null;
  pack_version: number | null;
  requested_by: string;
  requested_at: string;
  outcome: StoredRequest['outcome'];
  refusal: string | null;
  effect_sequence: string | null;
  answered_at: string | null;
}

const COLUMNS = `request_id::text as request_id, stage, source, kind, sequence, is_corrected, pack_name, pack_version, requested_by,
  ${instant('r.requested_at')} as requested_at, outcome, refusal, effect_sequence, ${instant('r.answered_at')} as answered_at`;

const requestOf = (row: RequestRow): StoredRequest => ({
  requestId: row.request_id,
  stage: row.stage,
  source: row.source,
  kind: row.kind,
  sequence: Number(row.sequence),
  isCorrected: row.is_corrected,
  pack: row.pack_name === null ? null : { name: row.pack_name, version: row.pack_version ?? 0 },
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  outcome: row.outcome,
  refusal: row.refusal,
  effectSequence: row.effect_sequence === null ? null : Number(row.effect_sequence),
  answeredAt: row.answered_at,
});

/** Requests, the newest first; of one sequence of a source, where one is named. */
export async function readRequests(
  database: Database,
  limit: number,
  about?: { readonly source: string; readonly sequence: number },
): Promise<readonly StoredRequest[]> {
  const rows = await database.query<RequestRow>(
    `select ${COLUMNS} from audit.requests r where $2::text is null or (source = $2 and sequence = $3)
      order by r.requested_at desc, r.request_id limit $1`,
    [limit, about?.source ?? null, about?.sequence ?? null],
  );
  return rows.map(requestOf);
}

export async function readRequest(database: Database, requestId: string): Promise<StoredRequest | undefined> {
  const [row] = await database.query<RequestRow>(`select ${COLUMNS} from audit.requests r where request_id = $1`, [
    requestId,
  ]);
  return row && requestOf(row);
}

const CORRECTED_MAX = 500;

/** Writes a request down for its stage to take up; corrected raw records stand beside it, sealed. Gives its id. */
export async function writeRequest(
  database: Database,
  request: Pick<StoredRequest, 'stage' | 'source' | 'kind' | 'sequence' | 'requestedBy'>,
  corrected?: { readonly values: readonly string[]; readonly dataKeys: DataKeys },
): Promise<string> {
  const requestId = randomUUID();
  const dataKey = await corrected?.dataKeys.today();
  await database.transaction(async (client) => {
    const { stage, source, kind, sequence, requestedBy } = request;
    await client.query(
      `insert into audit.requests (request_id, stage, source, kind, sequence, is_corrected, requested_by)
        values ($1, $2, $3, $4, $5, $6, $7)`,
      [requestId, stage, source, kind, sequence, corrected !== undefined, requestedBy],
    );
    if (!corrected || !dataKey) return;
    for (let from = 0; from < corrected.values.length; from += CORRECTED_MAX) {
      const values = corrected.values.slice(from, from + CORRECTED_MAX).map((text, index) => {
        const name = boundToCorrection(requestId, from + index + 1);
        return seal(dataKey.key, randomBytes(NONCE_BYTES), Buffer.from(text, 'utf8'), name);
      });
      await client.query(
        `insert into audit.corrected_records (request_id, key_id, ordinal, record_value)
          select $1, $2, $3 + ordinal, value from unnest($4::bytea[]) with ordinality as given (value, ordinal)`,
        [requestId, dataKey.keyId, from, values],
      );
    }
  });
  return requestId;
}
