import {
  type EventRow,
  eventDigest,
  eventRowBytes,
  type Hash,
  makeNonces,
  rootOf,
  transactionEntry,
} from '@overlay/evidence';
import { timestampOf } from '@overlay/model';
import type { Database } from '../database.ts';
import { TRANSACTION_FIELDS, type TransactionRow } from './recompute.ts';

/** An event with the nonce that it was hashed with. */
export interface LoggedEvent {
  readonly row: EventRow;
  /** 16 characters of `latin1`. */
  readonly nonce: string;
  readonly digest: Hash;
}

/** A sequence as its rows say it is: what is logged for it, and its events. */
export interface LoggedSequence {
  readonly sequence: number;
  readonly entry: string;
  readonly events: readonly LoggedEvent[];
}

interface EventFields {
  sequence: string;
  ordinal: number;
  commit_us: string;
  event_id: string;
  database_name: string;
  table_name: string;
  operation: string;
  body: string;
}

/** Some sequences with their events, in order; those that have no row are left out. */
export async function readLogged(
  database: Database,
  source: string,
  from: number,
  to: number,
): Promise<readonly LoggedSequence[]> {
  const rows = await database.query<TransactionRow>(
    `select ${TRANSACTION_FIELDS} from audit.transactions where source = $1 and sequence between $2 and $3 order by sequence`,
    [source, from, to],
  );
  const events = await database.query<EventFields>(
    `select sequence, ordinal, (extract(epoch from commit_time) * 1000000)::bigint as commit_us, event_id, database_name, table_name,
        operation, body::text as body
      from audit.change_events where source = $1 and sequence between $2 and $3 order by sequence, ordinal`,
    [source, from, to],
  );
  const eventsOf = Map.groupBy(events, ({ sequence }) => sequence);
  return rows.map((row) => loggedOf(source, row, eventsOf.get(row.sequence) ?? []));
}

function loggedOf(source: string, row: TransactionRow, fields: readonly EventFields[]): LoggedSequence {
  const nextNonce = makeNonces(row.nonce_key?.toString('latin1') ?? '');
  const events = fields.map((field): LoggedEvent => {
    const event: EventRow = {
      source,
      sequence: Number(field.sequence),
      ordinal: field.ordinal,
      commitUs: Number(field.commit_us),
      eventId: field.event_id,
      database: field.database_name,
      table: field.table_name,
      operation: field.operation,
      body: field.body,
    };
    const nonce = nextNonce();
    const bytes = eventRowBytes(event);
    return { row: event, nonce, digest: eventDigest(nonce, bytes, 0, bytes.length) };
  });
  const entry = transactionEntry({
    source,
    sequence: Number(row.sequence),
    kind: row.kind,
    transactionId: row.transaction_id,
    commitTime: timestampOf(Number(row.commit_us)),
    count: events.length,
    root: rootOf(events.map(({ digest }) => digest)),
    rawDigest: row.raw_digest,
    repairs: row.repairs === null ? null : Number(row.repairs),
  });
  return { sequence: Number(row.sequence), entry, events };
}
