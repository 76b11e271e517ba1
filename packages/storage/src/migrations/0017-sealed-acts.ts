import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * What people do with what is sealed: they open it, erase whom it belongs to, hold and release. Nobody can change or take away what is written here,
 * nor write it in another database user's name. An erasure is there without the name of who was erased.
 */
export const sealedActs: Migration = {
  async up(db: Kysely<unknown>) {
    for (const role of ['audit_opener', 'audit_officer']) await sql.raw(makeRole(role)).execute(db);
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table audit.sealed_acts (
    act_id uuid primary key default gen_random_uuid(), at timestamptz not null default clock_timestamp(),
    act text not null check (act in ('open', 'erase', 'erased', 'erase_refused', 'hold', 'release', 'rotate')),
    done_by text not null, database_user text not null default session_user, reason text not null,
    source text, subject_id text, event_id uuid, column_name text)`,
  'create index sealed_acts_by_time on audit.sealed_acts (at)',
  'grant audit_reader to audit_opener, audit_officer',
  'grant select on audit.sealed_acts to audit_reader',
  `grant insert (act, done_by, reason, source, subject_id, event_id, column_name) on audit.sealed_acts to audit_opener, audit_officer`,
] as const;
