import { Actor, BusinessEvent, ChangeEvent, RecordKind } from '@overlay/model';
import type { Database } from '../database.ts';
import { ANOMALY_COLUMNS, type AnomalyRow, type StoredAnomaly, storedAnomaly } from './anomalies.ts';

/** One row of `transactions`: source and sequence, and the commit time that finds its partition. */
export interface TransactionKey {
  readonly source: string;
  readonly sequence: number;
  readonly commitTime: string;
}

/** A transaction and all that the stages made of it. */
export interface StoredTransaction extends TransactionKey {
  readonly kind: RecordKind;
  readonly transactionId: string;
  readonly itemCount: number;
  /** Who did it: nobody where nothing says it, several where statements or columns name different people. */
  readonly actors: readonly Actor[];
  readonly businessEvents: readonly BusinessEvent[];
  readonly anomalies: readonly StoredAnomaly[];
  /** Those with the wanted ids, those that the business events rest on, and the first ones, in order; `itemCount` says how many there are. */
  readonly changeEvents: readonly ChangeEvent[];
  readonly faults: readonly TransactionFault[];
}

/** Why a stage could not read a part of the transaction. */
export interface TransactionFault {
  readonly stage: string;
  readonly code: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface TransactionWants {
  /** Change events that must be among those read, whatever their place. */
  readonly changeEventIds: readonly string[];
  /** Business events and anomalies that must be among those read. */
  readonly eventIds: readonly string[];
  /** Change events from the beginning, and items of every other kind, at most. */
  readonly itemsMax: number;
}

/** Change events read because a business event rests on them, at most. */
const SOURCE_EVENTS_MAX = 1000;

const PLACE = 'source = $1 and sequence = $2 and commit_time = $3::timestamptz';

/** Undefined when there is no such transaction. */
export async function readTransaction(
  database: Database,
  key: TransactionKey,
  wants: TransactionWants,
): Promise<StoredTransaction | undefined> {
  const place = [key.source, key.sequence, key.commitTime];
  const [row] = await database.query<{ kind: string; transaction_id: string; item_count: number }>(
    `select kind, transaction_id, item_count from audit.transactions where ${PLACE}`,
    place,
  );
  if (!row) return undefined;
  const items = [...place, wants.itemsMax, wants.eventIds];
  const businessEvents = (
    await database.query<{ body: unknown }>(
      `select body from audit.current_business_events where ${PLACE} and (ordinal <= $4 or event_id = any($5::uuid[])) order by ordinal`,
      items,
    )
  ).map(({ body }) => BusinessEvent.parse(body));
  const anomalies = await database.query<AnomalyRow>(
    `select ${ANOMALY_COLUMNS} from audit.anomalies where ${PLACE} and (ordinal <= $4 or anomaly_id = any($5::uuid[]))
      order by ordinal`,
    items,
  );
  const rows = businessEvents.flatMap(({ sourceEventIds }) => sourceEventIds).slice(0, SOURCE_EVENTS_MAX);
  const changeEvents = await readChanges(database, place, [...wants.changeEventIds, ...rows], wants.itemsMax);
  return {
    ...key,
    kind: RecordKind.parse(row.kind),
    transactionId: row.transaction_id,
    itemCount: row.item_count,
    actors: await readActors(database, place),
    businessEvents,
    anomalies: anomalies.map(storedAnomaly),
    changeEvents,
    faults: await readFaults(database, key),
  };
}

async function readChanges(
  database: Database,
  place: readonly unknown[],
  ids: readonly string[],
  itemsMax: number,
): Promise<readonly ChangeEvent[]> {
  const rows = await database.query<{ body: unknown }>(
    `select body from audit.change_events where ${PLACE} and (ordinal <= $4 or event_id = any($5::uuid[])) order by ordinal`,
    [...place, itemsMax, ids],
  );
  return rows.map(({ body }) => ChangeEvent.parse(body));
}

async function readActors(database: Database, place: readonly unknown[]): Promise<readonly Actor[]> {
  const [row] = await database.query<{ id: string; label: string; grade: string; several: unknown }>(
    `select actor_id as id, actor_label as label, actor_grade as grade, several from audit.current_transaction_actors where ${PLACE}`,
    place,
  );
  return row ? Actor.array().parse(row.several ?? [row]) : [];
}

async function readFaults(
  database: Database,
  { source, sequence }: TransactionKey,
): Promise<readonly TransactionFault[]> {
  const rows = await database.query<{
    stage: string;
    code: string;
    detail: string;
    topic: string;
    partition: number;
    record_offset: string;
  }>(
    `select stage, code, detail, topic, partition, record_offset from audit.dead_letters
      where source = $1 and sequence = $2 order by code = 'raw.set_aside', stage, record_offset, code limit 20`,
    [source, sequence],
  );
  return rows.map(({ record_offset, ...row }) => ({ ...row, offset: record_offset }));
}
