import type { BusinessEvent, CaseAnomaly, DenseRecord, Narrative } from '@overlay/model';
import type { Columns, Field } from './copy.ts';

/** How the items of one kind of record become rows: the columns beside source, sequence, ordinal, commit time and body. */
export interface RecordTable<Item> {
  readonly name: 'change_events' | 'business_events' | 'anomalies' | 'narratives';
  readonly columns: Columns;
  readonly fields: (item: Item, record: DenseRecord<Item>) => readonly Field[];
  /** What stands behind the body, and is not hashed with it. */
  readonly beside?: { readonly columns: Columns; readonly fields: (item: Item) => readonly Field[] };
}

/** A change event as the normalizer writes it: its body is made once, these parts stand beside it in columns. */
export interface WrittenChange {
  readonly eventId: string;
  readonly database: string;
  readonly table: string;
  readonly operation: string;
  readonly body: string;
  /** What is sealed of it, as JSON; null when nothing is. */
  readonly sealedValues: string | null;
}

export const changeEvents: RecordTable<WrittenChange> = {
  name: 'change_events',
  columns: [
    ['event_id', 'uuid'],
    ['database_name', 'text'],
    ['table_name', 'text'],
    ['operation', 'text'],
  ],
  fields: ({ eventId, database, table, operation }) => [eventId, database, table, operation],
  beside: { columns: [['sealed_values', 'json']], fields: ({ sealedValues }) => [sealedValues] },
};

export const businessEvents: RecordTable<BusinessEvent> = {
  name: 'business_events',
  columns: [
    ['event_id', 'uuid'],
    ['event_type', 'text'],
    ['entity_type', 'text'],
    ['entity_id', 'text'],
    ['actor_id', 'text'],
    ['actor_label', 'text'],
    ['actor_grade', 'text'],
    ['confidence', 'real'],
  ],
  fields: ({ eventId, type, entityType, entityId, actor, confidence }) => [
    eventId,
    type,
    entityType,
    entityId,
    actor.id,
    actor.label,
    actor.grade,
    confidence,
  ],
};

export const anomalies: RecordTable<CaseAnomaly> = {
  name: 'anomalies',
  columns: [
    ['anomaly_id', 'uuid'],
    ['case_id', 'uuid'],
    ['detector', 'text'],
    ['family', 'text'],
    ['entity_type', 'text'],
    ['entity_id', 'text'],
    ['entity_label', 'text'],
    ['severity', 'text'],
    ['score', 'real'],
  ],
  fields: (item) => [
    item.anomalyId,
    item.caseId,
    item.detector,
    item.family,
    item.entityType,
    item.entityId,
    item.entityLabel,
    item.severity,
    item.score,
  ],
};

export const narratives: RecordTable<Narrative> = {
  name: 'narratives',
  columns: [
    ['narrative_id', 'uuid'],
    ['kind', 'text'],
    ['subject', 'text'],
    ['as_of_sequence', 'bigint'],
    ['author', 'text'],
  ],
  fields: ({ narrativeId, kind, subject, asOfSequence, author }) => [narrativeId, kind, subject, asOfSequence, author],
};
