import type { BusinessEvent, CaseAnomaly, DenseRecord, Narrative } from '@overlay/model';
import type { Field } from './copy.ts';

/** How the items of one kind of record become rows: the columns beside source, sequence, ordinal, commit time and body. */
export interface RecordTable<Item> {
  readonly name: 'change_events' | 'business_events' | 'anomalies' | 'narratives';
  readonly columns: readonly string[];
  readonly fields: (item: Item, record: DenseRecord<Item>) => readonly Field[];
}

/** A change event as the normalizer writes it: its body is made once, these parts stand beside it in columns. */
export interface WrittenChange {
  readonly eventId: string;
  readonly database: string;
  readonly table: string;
  readonly operation: string;
  readonly body: string;
}

export const changeEvents: RecordTable<WrittenChange> = {
  name: 'change_events',
  columns: ['event_id', 'database_name', 'table_name', 'operation'],
  fields: ({ eventId, database, table, operation }) => [eventId, database, table, operation],
};

export const businessEvents: RecordTable<BusinessEvent> = {
  name: 'business_events',
  columns: [
    'event_id',
    'event_type',
    'entity_type',
    'entity_id',
    'actor_id',
    'actor_label',
    'actor_grade',
    'confidence',
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
    'anomaly_id',
    'case_id',
    'detector',
    'family',
    'entity_type',
    'entity_id',
    'entity_label',
    'severity',
    'score',
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
  columns: ['narrative_id', 'kind', 'subject', 'as_of_sequence', 'author'],
  fields: ({ narrativeId, kind, subject, asOfSequence, author }) => [narrativeId, kind, subject, asOfSequence, author],
};
