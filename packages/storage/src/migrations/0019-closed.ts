import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { closeDatabase } from '../close-database.ts';

/**
 * The record is closed to everybody but its roles, and what is true for ever is held by the database too: heads move forward, a gap is decided once and
 * a request answered once. No lock that a landing waits for can be taken by who may not land.
 */
export const closed: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** Of the row before and after: `than` in one of these columns. */
const anyIs = (than: string, columns: readonly string[]): string =>
  columns.map((column) => `coalesce(new.${column}, 0) ${than} coalesce(old.${column}, 0)`).join(' or ');

const STATEMENTS = [
  ...closeDatabase('audit', [
    'audit_writer',
    'audit_reader',
    'audit_analyst',
    'audit_notary',
    'audit_opener',
    'audit_officer',
  ]),
  'revoke execute on all functions in schema analyst from public',
  'grant execute on all functions in schema analyst to audit_analyst, audit_reader',
  // Columns, not tables: who may change a whole table may also lock it.
  'revoke update on audit.heads, audit.daily_rollups from audit_writer',
  `grant update (revision, landed, published, position, gtids, updated_at, evidence_size, evidence_frontier) on audit.heads to audit_writer`,
  'grant update (group_label, value) on audit.daily_rollups to audit_writer',
  'revoke insert on audit.gaps from audit_writer',
  `grant insert (gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, record_offset) on audit.gaps to audit_writer`,
  `create function audit.refuse() returns trigger language plpgsql as $$ begin
    raise exception '%', tg_argv[0] using errcode = 'check_violation';
  end $$`,
  'revoke execute on function audit.refuse() from public',
  `create trigger forward_only before update on audit.heads for each row
    when (${anyIs('<', ['revision', 'landed', 'published', 'evidence_size'])})
    execute function audit.refuse('a head never moves back')`,
  `create trigger decided_once before update on audit.gaps for each row
    when (old.decision is not null) execute function audit.refuse('a gap is decided once')`,
  `create trigger answered_once before update on audit.requests for each row
    when (old.outcome is not null) execute function audit.refuse('a request is answered once')`,
  // As before, but for the lock: on a table that only its owner can lock.
  `create or replace function audit.ensure_week(record_table text, week date) returns void
    language plpgsql security definer set search_path = audit, pg_temp as $$
    declare
      week_name text := to_char(week, 'IYYY"w"IW');
      partition_name text := format('%s_%s', record_table, week_name);
      first_day timestamptz := timezone('UTC', date_trunc('week', week)::timestamp);
    begin
      if record_table not in ('transactions', 'change_events', 'business_events', 'anomalies', 'narratives') then
        raise exception '% is not a table of records', record_table;
      end if;
      if exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = partition_name) then return; end if;
      lock table audit.weeks in share row exclusive mode;
      -- pg_class, not to_regclass: that may still answer from before we waited for the lock
      if exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = partition_name) then return; end if;
      execute format('create table audit.%I (like audit.%I including defaults including constraints)', partition_name, record_table);
      execute format('alter table audit.%I attach partition audit.%I for values from (%L) to (%L)',
        record_table, partition_name, first_day, first_day + interval '7 days');
      insert into audit.weeks (record_table, week) values (ensure_week.record_table, week_name)
        on conflict on constraint weeks_pkey do update set made_again_at = now();
    end $$`,
] as const;
