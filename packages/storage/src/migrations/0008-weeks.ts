import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Weeks that were ever made. A partition that is made again stands for a week that had left: what it held can no longer be compared with what the
 * source repeats.
 */
export const weeks: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table audit.weeks (
    record_table text not null, week text not null, made_at timestamptz not null default now(), made_again_at timestamptz,
    primary key (record_table, week))`,
  `insert into audit.weeks (record_table, week) select parent.relname, right(child.relname, 7)
    from pg_inherits join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid
    where parent.relnamespace = 'audit'::regnamespace and parent.relkind = 'p' and child.relkind = 'r'`,
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
      perform pg_advisory_xact_lock(hashtextextended('audit.ensure_week', 0));
      -- pg_class, not to_regclass: that may still answer from before we waited for the lock
      if exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = partition_name) then return; end if;
      execute format('create table audit.%I (like audit.%I including defaults including constraints)', partition_name, record_table);
      execute format('alter table audit.%I attach partition audit.%I for values from (%L) to (%L)',
        record_table, partition_name, first_day, first_day + interval '7 days');
      insert into audit.weeks (record_table, week) values (ensure_week.record_table, week_name)
        on conflict on constraint weeks_pkey do update set made_again_at = now();
    end $$`,
  'grant select on audit.weeks to audit_writer, audit_reader',
] as const;
