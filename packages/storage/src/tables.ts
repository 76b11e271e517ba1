import type { Generated } from 'kysely';

/** Rows as Postgres gives them: 64-bit integers come as text, `json` columns parsed unless cast to text. */
interface RecordRow {
  source: string;
  sequence: string;
  commit_time: Date;
}

interface ItemRow extends RecordRow {
  ordinal: number;
  body: unknown;
}

export interface Tables {
  'audit.heads': {
    stage: string;
    source: string;
    revision: string;
    landed: string;
    published: string;
    position: unknown;
    gtids: string;
    updated_at: Generated<Date>;
  };
  'audit.stage_memory': { stage: string; source: string; key: string; value: unknown };
  'audit.transactions': RecordRow & {
    kind: string;
    transaction_id: string;
    item_count: number;
    raw_digest: string | null;
    repairs: string | null;
  };
  'audit.change_events': ItemRow & { event_id: string; database_name: string; table_name: string; operation: string };
  'audit.business_events': ItemRow & {
    event_id: string;
    event_type: string;
    entity_type: string;
    entity_id: string;
    actor_id: string | null;
    actor_label: string | null;
    actor_grade: string;
    confidence: number;
  };
  'audit.anomalies': ItemRow & {
    anomaly_id: string;
    case_id: string;
    detector: string;
    family: string;
    entity_type: string;
    entity_id: string;
    entity_label: string | null;
    severity: string;
    score: number;
  };
  'audit.cases': {
    case_id: string;
    source: string;
    entity_type: string;
    entity_id: string;
    opened_at: Date;
    status: Generated<string>;
  };
  'audit.narratives': Omit<ItemRow, 'sequence'> & {
    sequence: string | null;
    narrative_id: string;
    kind: string;
    subject: string;
    as_of_sequence: string;
    author: string;
  };
  'audit.schema_versions': RecordRow & {
    ordinal: number;
    kind: string;
    table_id: string;
    database_name: string;
    table_name: string;
    version: number;
    previous_database: string | null;
    previous_table: string | null;
    definition: unknown;
    defaults: unknown;
    loses_rows: boolean;
    gtid: string | null;
    binlog_file: string;
    binlog_position: string;
    statement: string;
  };
  'audit.unexplained_changes': RecordRow & {
    database_name: string;
    table_name: string;
    operation: string;
    row_count: string;
    first_event_id: string;
  };
  'audit.dead_letters': {
    dead_letter_id: string;
    stage: string;
    source: string;
    sequence: string | null;
    code: string;
    detail: string;
    topic: string;
    partition: number;
    record_offset: string;
    ordinal: number | null;
    record_digest: string;
    key_id: string | null;
    record_key: Buffer | null;
    record_value: Buffer | null;
    found_at: Generated<Date>;
  };
  'audit.gaps': {
    gap_id: string;
    stage: string;
    source: string;
    code: string;
    subject: string;
    detail: string;
    after_sequence: string;
    topic: string;
    partition: number;
    record_offset: string | null;
    found_at: Generated<Date>;
    decision: 'accept' | 'retry' | null;
    decided_by: string | null;
    decided_at: Date | null;
  };
}
