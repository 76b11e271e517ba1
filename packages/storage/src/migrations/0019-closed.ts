import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { closeDatabase } from '../close-database.ts';
import { ensureWeek } from './ensure-week.ts';

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
  ensureWeek("record_table not in ('transactions', 'change_events', 'business_events', 'anomalies', 'narratives')"),
] as const;
