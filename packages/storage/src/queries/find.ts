import type { Database } from '../database.ts';
import { instant } from './sql.ts';

/** Something in the log that an id names, and the transaction that it belongs to. */
export interface Found {
  readonly kind: 'anomaly' | 'business_event' | 'change_event' | 'transaction';
  readonly id: string;
  /** In the log's words: type of an event or detector of an anomaly, for telling several apart. */
  readonly label: string;
  readonly source: string;
  readonly sequence: number;
  /** With microseconds; with source and sequence it names one row of `transactions`, in one partition. */
  readonly commitTime: string;
}

interface FoundRow {
  kind: Found['kind'];
  id: string;
  label: string;
  source: string;
  sequence: string;
  commit_time: string;
}

const foundOf = ({ commit_time, ...row }: FoundRow): Found => ({
  ...row,
  sequence: Number(row.sequence),
  commitTime: commit_time,
});

const found = (kind: Found['kind'], table: string, id: string, label: string): string =>
  `select '${kind}' as kind, ${id}::text as id, ${label} as label, source, sequence, ${instant('commit_time')} as commit_time
    from audit.${table}`;

const ANOMALY = found('anomaly', 'anomalies', 'anomaly_id', 'detector');
const BUSINESS_EVENT = found('business_event', 'current_business_events', 'event_id', 'event_type');
const CHANGE_EVENT = found('change_event', 'change_events', 'event_id', "operation || ' ' || table_name");
const TRANSACTION = found('transaction', 'transactions', 'transaction_id', 'kind');

/** Anomalies, business events and change events whose id lies between two ids, both included. */
export async function findByIds(
  database: Database,
  low: string,
  high: string,
  limit: number,
): Promise<readonly Found[]> {
  const rows = await database.query<FoundRow>(
    `(${ANOMALY} where anomaly_id between $1::uuid and $2::uuid limit $3)
      union all (${BUSINESS_EVENT} where event_id between $1::uuid and $2::uuid limit $3)
      union all (${CHANGE_EVENT} where event_id between $1::uuid and $2::uuid limit $3)
      limit $3`,
    [low, high, limit],
  );
  return rows.map(foundOf);
}

/** Records of a source's transaction id: its GTID, or the id of a snapshot piece. */
export async function findTransactions(
  database: Database,
  transactionId: string,
  limit: number,
): Promise<readonly Found[]> {
  const rows = await database.query<FoundRow>(
    `${TRANSACTION} where transaction_id = $1 order by source, repairs nulls last, sequence limit $2`,
    [transactionId, limit],
  );
  return rows.map(foundOf);
}

/** Business events of an entity, the newest first; its anomalies when there are none. */
export async function findByEntity(
  database: Database,
  entityType: string,
  entityId: string,
  limit: number,
): Promise<readonly Found[]> {
  const byEntity = (select: string, table: string): Promise<FoundRow[]> =>
    database.query<FoundRow>(
      `${select} where entity_type = $1 and entity_id = $2
        order by ${table}.commit_time desc, sequence desc, ordinal limit $3`,
      [entityType, entityId, limit],
    );
  const events = await byEntity(BUSINESS_EVENT, 'current_business_events');
  return (events.length > 0 ? events : await byEntity(ANOMALY, 'anomalies')).map(foundOf);
}

/** Business events by their ids. */
export async function findBusinessEvents(
  database: Database,
  ids: readonly string[],
  limit: number,
): Promise<readonly Found[]> {
  const rows = await database.query<FoundRow>(
    `${BUSINESS_EVENT} where event_id = any($1::uuid[]) order by source, sequence, ordinal limit $2`,
    [ids, limit],
  );
  return rows.map(foundOf);
}
