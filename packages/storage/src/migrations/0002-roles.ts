import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * The roles that people and programs are granted: `audit_writer` (a stage) can add records and move heads but never change or remove what
 * landed; `audit_reader` (auditctl) can read, and decide on gaps; `audit_analyst` sees the views of schema `analyst` and nothing else.
 */
export const roles: Migration = {
  async up(db: Kysely<unknown>) {
    for (const role of ['audit_writer', 'audit_reader', 'audit_analyst']) await sql.raw(makeRole(role)).execute(db);
    for (const statement of GRANTS) await sql.raw(statement).execute(db);
  },
};

const GRANTS = [
  'revoke all on schema audit from public',
  'revoke all on function audit.ensure_week(text, date) from public',
  'grant usage on schema audit to audit_writer, audit_reader',
  'grant select on all tables in schema audit to audit_writer, audit_reader',
  `grant insert on audit.transactions, audit.change_events, audit.business_events, audit.anomalies, audit.cases, audit.narratives,
    audit.dead_letters, audit.gaps to audit_writer`,
  'grant insert, update on audit.heads to audit_writer',
  'grant insert, update, delete on audit.stage_memory to audit_writer',
  'grant execute on function audit.ensure_week(text, date) to audit_writer',
  'grant update (decision, decided_by, decided_at) on audit.gaps to audit_reader',
] as const;
