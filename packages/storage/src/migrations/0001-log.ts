import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The append-only log: heads, records by stage, what could not be read, gaps, and what stages remember. */
export const log: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  'create schema if not exists audit',
  `create table audit.heads (
    stage text not null, source text not null,
    revision bigint not null, landed bigint not null, published bigint not null,
    position json, gtids text not null default '', updated_at timestamptz not null default now(),
    primary key (stage, source))`,
  `create table audit.stage_memory (
    stage text not null, source text not null, key text not null, value json not null,
    primary key (stage, source, key))`,
  // Columns of a fixed width come first, so that none needs room to be aligned: there are many rows.
  `create table audit.transactions (
    sequence bigint not null, commit_time timestamptz not null, item_count integer not null,
    source text not null, kind text not null, transaction_id text not null,
    primary key (source, sequence, commit_time)) partition by range (commit_time)`,
  'create index transactions_by_id on audit.transactions using hash (transaction_id)',
  "create index transactions_set_aside on audit.transactions (source, sequence) where kind = 'set_aside'",
  `create table audit.change_events (
    sequence bigint not null, commit_time timestamptz not null, ordinal integer not null, event_id uuid not null,
    source text not null, database_name text not null, table_name text not null, operation text not null, body json not null)
    partition by range (commit_time)`,
  'create index change_events_by_sequence on audit.change_events (source, sequence)',
  'create index change_events_by_id on audit.change_events using brin (event_id uuid_bloom_ops) with (autosummarize = on)',
  `create table audit.business_events (
    source text not null, sequence bigint not null, ordinal integer not null, commit_time timestamptz not null,
    event_id uuid not null, event_type text not null, entity_type text not null, entity_id text not null,
    actor_id text, actor_label text, actor_grade text not null, confidence real not null, body json not null,
    primary key (source, sequence, ordinal, commit_time)) partition by range (commit_time)`,
  'create index business_events_by_id on audit.business_events (event_id)',
  'create index business_events_by_type on audit.business_events (event_type, commit_time)',
  'create index business_events_by_entity on audit.business_events (entity_type, entity_id, commit_time)',
  `create table audit.anomalies (
    source text not null, sequence bigint not null, ordinal integer not null, commit_time timestamptz not null,
    anomaly_id uuid not null, case_id uuid not null, detector text not null, family text not null,
    entity_type text not null, entity_id text not null, entity_label text,
    severity text not null, score real not null, body json not null,
    primary key (source, sequence, ordinal, commit_time)) partition by range (commit_time)`,
  'create index anomalies_by_id on audit.anomalies (anomaly_id)',
  'create index anomalies_by_case on audit.anomalies (case_id)',
  `create table audit.cases (
    case_id uuid primary key, source text not null, entity_type text not null, entity_id text not null,
    opened_at timestamptz not null, status text not null default 'open' check (status in ('open', 'confirmed', 'dismissed')))`,
  `create table audit.narratives (
    source text not null, sequence bigint, ordinal integer not null, commit_time timestamptz not null,
    narrative_id uuid not null, kind text not null, subject text not null, as_of_sequence bigint not null, author text not null,
    body json not null,
    primary key (narrative_id, commit_time)) partition by range (commit_time)`,
  'create index narratives_by_sequence on audit.narratives (source, sequence)',
  'create index narratives_by_subject on audit.narratives (kind, subject)',
  `create table audit.dead_letters (
    dead_letter_id uuid primary key, stage text not null, source text not null, sequence bigint,
    code text not null, detail text not null, topic text not null, partition integer not null, record_offset bigint not null,
    record_key bytea, record_value bytea, found_at timestamptz not null default now())`,
  `create table audit.gaps (
    gap_id uuid primary key, stage text not null, source text not null, code text not null, subject text not null, detail text not null,
    after_sequence bigint not null, topic text not null, partition integer not null, record_offset bigint,
    found_at timestamptz not null default now(),
    decision text check (decision in ('accept', 'retry')), decided_by text, decided_at timestamptz)`,
  `create function audit.ensure_week(record_table text, week date) returns void
    language plpgsql security definer set search_path = audit, pg_temp as $$
    declare
      partition_name text := format('%s_%s', record_table, to_char(week, 'IYYY"w"IW'));
      first_day timestamptz := timezone('UTC', date_trunc('week', week)::timestamp);
    begin
      if record_table not in ('transactions', 'change_events', 'business_events', 'anomalies', 'narratives') then
        raise exception '% is not a table of records', record_table;
      end if;
      if exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = partition_name) then return; end if;
      perform pg_advisory_xact_lock(hashtextextended('audit.ensure_week', 0));
      -- pg_class, not to_regclass: that may still answer from before we waited for the lock
      if exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = partition_name) then return; end if;
      execute format('create table audit.%I (like audit.%I including defaults including constraints)', partition_name, record_table);
      execute format('alter table audit.%I attach partition audit.%I for values from (%L) to (%L)',
        record_table, partition_name, first_day, first_day + interval '7 days');
    end $$`,
] as const;
