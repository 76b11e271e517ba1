import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What the last comparison of each table with its live source said; a later one takes its place. Whoever compares folds the log by the same functions as
 * `analyst.as_of`.
 */
export const reconciliations: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** Who compares: people by auditctl, and the reconciler on a schedule. */
const COMPARING = 'audit_reader, audit_reconciler';
const FUNCTIONS = [
  'audit.lineage(text, text, text, bigint)',
  'audit.last_replaced(text, bigint)',
  'audit.carried(json, bigint, json)',
  'audit.row_name(json)',
  'audit.row_hash(json)',
  'audit.row_name_of(text, text, text, jsonb)',
  'audit.holes(text, bigint)',
].join(', ');

const STATEMENTS = [
  `create table audit.reconciliations (
    source text not null, database_name text not null, table_name text not null, verdict text not null check (verdict in ('equal', 'differs', 'not_compared')),
    sequence bigint not null, source_rows bigint not null, log_rows bigint not null, differences bigint not null, report json not null,
    compared_at timestamptz not null default now(), primary key (source, database_name, table_name))`,
  'grant select on audit.change_events, audit.schema_versions, audit.pack_versions, audit.pack_activations, audit.gaps to audit_reconciler',
  'grant select on audit.reconciliations to audit_writer',
  `grant select, insert, update on audit.reconciliations to ${COMPARING}`,
  `grant execute on function ${FUNCTIONS} to ${COMPARING}`,
] as const;
