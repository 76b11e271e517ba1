import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * The evidence log: a leaf for each sequence beside its row, full tiles of the tree, and where the tree stands in the head that moves with
 * them. What landed before has no leaf: the log begins with the next sequence. The role `audit_notary` reads what is logged and adds
 * checkpoints, nothing else.
 */
export const evidence: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  'alter table audit.transactions add column nonce_key bytea, add column leaf bytea',
  'alter table audit.heads add column evidence_size bigint, add column evidence_frontier bytea',
  `create table audit.evidence_tiles (
    source text not null, level smallint not null, tile bigint not null, hashes bytea not null,
    primary key (source, level, tile))`,
  'alter table audit.evidence_tiles alter column hashes set storage external', // hashes cannot be compressed
  `create table audit.checkpoints (
    checkpoint_id bigint generated always as identity primary key,
    source text not null, size bigint not null, note text not null, made_at timestamptz not null default now())`,
  'create index checkpoints_by_size on audit.checkpoints (source, size)',
  makeRole('audit_notary'),
  'grant usage on schema audit to audit_notary',
  'grant select on audit.heads, audit.transactions, audit.change_events, audit.evidence_tiles, audit.checkpoints to audit_notary',
  'grant insert (source, size, note) on audit.checkpoints to audit_notary',
  'grant select on audit.evidence_tiles, audit.checkpoints to audit_writer, audit_reader',
  'grant insert on audit.evidence_tiles to audit_writer',
] as const;
