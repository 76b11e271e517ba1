import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * The keys of sealed values, wrapped by a master key that is no part of any database. A subject's key is destroyed by taking its bytes away; the row
 * stays, so that nobody makes another one. The database itself refuses to destroy the key of a subject that is held.
 */
export const keys: Migration = {
  async up(db: Kysely<unknown>) {
    for (const role of ['audit_sealer', 'audit_opener', 'audit_officer']) await sql.raw(makeRole(role)).execute(db);
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** One subject is destroyed or held at a time, whoever comes first. */
const LOCK = "pg_advisory_xact_lock(hashtextextended('audit subject ' || new.subject_id, 0))";

const STATEMENTS = [
  'create schema audit_keys',
  'revoke all on schema audit_keys from public',
  `create table audit_keys.domain_keys (
    domain text primary key, master text not null, wrapped bytea not null, made_at timestamptz not null default now())`,
  `create table audit_keys.subject_keys (
    subject_id text primary key, domain text not null references audit_keys.domain_keys, master text, wrapped bytea,
    made_at timestamptz not null default now(), destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null)), check ((wrapped is null) = (master is null)))
    with (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)`,
  `create table audit_keys.holds (
    hold_id uuid primary key, subject_id text not null, reason text not null, placed_by text not null,
    placed_at timestamptz not null default clock_timestamp(), released_by text, released_at timestamptz)`,
  'create index holds_open on audit_keys.holds (subject_id) where released_at is null',
  `create function audit_keys.refuse_held() returns trigger language plpgsql as $$ begin
    perform ${LOCK};
    if old.wrapped is null and new.wrapped is not null then
      raise exception 'a destroyed key stays destroyed' using errcode = 'check_violation';
    end if;
    if new.wrapped is null and old.wrapped is not null
        and exists (select from audit_keys.holds where subject_id = new.subject_id and released_at is null) then
      raise exception 'the subject is held' using errcode = 'AH001';
    end if;
    return new;
  end $$`,
  'create trigger refuse_held before update on audit_keys.subject_keys for each row execute function audit_keys.refuse_held()',
  `create function audit_keys.wait_for_erasure() returns trigger language plpgsql as $$ begin
    perform ${LOCK};
    return new;
  end $$`,
  'create trigger wait_for_erasure before insert on audit_keys.holds for each row execute function audit_keys.wait_for_erasure()',
  'grant usage on schema audit_keys to audit_sealer, audit_opener, audit_officer',
  'grant select, insert on audit_keys.domain_keys, audit_keys.subject_keys to audit_sealer',
  'grant select on audit_keys.domain_keys, audit_keys.subject_keys to audit_opener',
  'grant select on audit_keys.domain_keys, audit_keys.subject_keys, audit_keys.holds to audit_officer',
  'grant update (master, wrapped) on audit_keys.domain_keys to audit_officer',
  'grant update (master, wrapped, destroyed_at) on audit_keys.subject_keys to audit_officer',
  'grant insert on audit_keys.holds to audit_officer',
  'grant update (released_by, released_at) on audit_keys.holds to audit_officer',
] as const;
