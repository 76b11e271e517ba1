/** The function that makes a week's partition; the condition tells which names are no table of records. */
export const ensureWeek = (
  isNoTable: string,
): string => `create or replace function audit.ensure_week(record_table text, week date) returns void
  language plpgsql security definer set search_path = audit, pg_temp as $$
  declare
    week_name text := to_char(week, 'IYYY"w"IW');
    partition_name text := format('%s_%s', record_table, week_name);
    first_day timestamptz := timezone('UTC', date_trunc('week', week)::timestamp);
  begin
    if ${isNoTable} then
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
  end $$`;
