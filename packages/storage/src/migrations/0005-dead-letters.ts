import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Dead letters under keys that expire, whole transactions set aside and repaired, what people ask of running stages, and what waits.
 * Bytes of dead letters that stood here in clear are removed: of those, place, digest and fault stay. The keys stand in a schema of their
 * own, so that a backup of the log can leave them out.
 */
export const deadLetters: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  'create schema audit_keys',
  'revoke all on schema audit_keys from public',
  `create table audit_keys.data_keys (
    key_id text primary key, day date not null, wrapped bytea not null, made_at timestamptz not null default now())`,
  'alter table audit.dead_letters add column ordinal integer, add column record_digest text, add column key_id text',
  `update audit.dead_letters set record_key = null, record_value = null,
    record_digest = encode(sha256(coalesce(record_key, '') || coalesce(record_value, '')), 'hex')`,
  'alter table audit.dead_letters alter column record_digest set not null',
  'create index dead_letters_by_sequence on audit.dead_letters (source, sequence, ordinal)',
  'create index dead_letters_by_time on audit.dead_letters (found_at)',
  'alter table audit.transactions add column raw_digest text, add column repairs bigint',
  'create index transactions_by_repaired on audit.transactions (source, repairs) where repairs is not null',
  `create table audit.skipped_sequences (
    stage text not null, source text not null, first_sequence bigint not null, last_sequence bigint not null, gap_id uuid not null,
    primary key (stage, source, first_sequence))`,
  `create table audit.requests (
    request_id uuid primary key default gen_random_uuid(), stage text not null, source text not null,
    kind text not null check (kind in ('repair', 'republish')), sequence bigint not null, is_corrected boolean not null default false,
    requested_by text not null, requested_at timestamptz not null default clock_timestamp(),
    outcome text check (outcome in ('done', 'refused')), refusal text, effect_sequence bigint, answered_at timestamptz)`,
  'create index requests_unanswered on audit.requests (stage, source) where outcome is null',
  'create index requests_by_sequence on audit.requests (source, sequence)',
  `create table audit.corrected_records (
    request_id uuid not null references audit.requests, ordinal integer not null, key_id text not null, record_value bytea not null,
    primary key (request_id, ordinal))`,
  `create table audit.waiting (
    stage text not null, source text not null, subject text, records bigint not null,
    since timestamptz not null, last_at timestamptz not null, noted_at timestamptz not null default now(),
    primary key (stage, source))`,
  'grant usage on schema audit_keys to audit_writer, audit_reader',
  'grant select, insert on audit_keys.data_keys to audit_writer, audit_reader',
  'grant delete on audit_keys.data_keys to audit_writer',
  'grant select on audit.skipped_sequences, audit.requests, audit.corrected_records, audit.waiting to audit_writer, audit_reader',
  'grant insert on audit.skipped_sequences to audit_writer',
  'grant insert, update, delete on audit.waiting to audit_writer',
  'grant insert (request_id, stage, source, kind, sequence, is_corrected, requested_by) on audit.requests to audit_reader',
  'grant insert on audit.corrected_records to audit_reader',
  'grant update (outcome, refusal, effect_sequence, answered_at) on audit.requests to audit_writer',
  `create view analyst.repairs as select source, repairs as sequence, sequence as repaired_by, transaction_id, commit_time as committed_at,
    item_count as change_count from audit.transactions where repairs is not null`,
  "comment on view analyst.repairs is 'Repairs of what had been set aside: folds read their changes at the place of the sequence they repair'",
  "comment on column analyst.repairs.source is 'Name of the audited database'",
  "comment on column analyst.repairs.sequence is 'The sequence that was set aside'",
  "comment on column analyst.repairs.repaired_by is 'The sequence that holds its changes'",
  "comment on column analyst.repairs.transaction_id is 'MySQL GTID of the transaction that was repaired'",
  "comment on column analyst.repairs.committed_at is 'When that transaction committed at the source (UTC instant)'",
  "comment on column analyst.repairs.change_count is 'Number of row changes in it'",
  `comment on column analyst.transactions.kind is
    'transaction, schema_change, truncate, snapshot, set_aside when it could not be read, or repair of one that was set aside'`,
  'grant select on analyst.repairs to audit_analyst, audit_reader',
] as const;
