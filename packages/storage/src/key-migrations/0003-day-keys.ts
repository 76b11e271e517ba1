import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * The keys of dead letters, one for each day: beside the keys of sealed values, out of the record's backups. Stages and auditctl read and make them;
 * stages remove those whose days are over, and the database itself refuses to remove those of today and yesterday.
 */
export const dayKeys: Migration = {
  async up(db: Kysely<unknown>) {
    for (const role of ['audit_writer', 'audit_reader']) await sql.raw(makeRole(role)).execute(db);
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table audit_keys.day_keys (
    key_id text primary key, day date not null, wrapped bytea not null, made_at timestamptz not null default now())
    with (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)`,
  `create function audit_keys.refuse_young() returns trigger language plpgsql as $$ begin
    raise exception 'the key of % is still needed', old.day using errcode = 'check_violation';
  end $$`,
  'revoke execute on function audit_keys.refuse_young() from public',
  `create trigger refuse_young before delete on audit_keys.day_keys for each row
    when (old.day >= (now() at time zone 'UTC')::date - 1) execute function audit_keys.refuse_young()`,
  `do $$ begin execute format('grant connect on database %I to audit_writer, audit_reader', current_database()); end $$`,
  'grant usage on schema audit_keys to audit_writer, audit_reader',
  'grant select, insert on audit_keys.day_keys to audit_sealer, audit_writer, audit_reader, audit_opener, audit_officer',
  'grant delete on audit_keys.day_keys to audit_sealer, audit_writer',
] as const;
