import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Versions of packs, and from which sequence of a source on each is in force. */
export const packs: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table audit.pack_versions (
    name text not null, version integer not null, digest text not null, content json not null,
    offered_by text not null, offered_at timestamptz not null default clock_timestamp(), primary key (name, version))`,
  `create table audit.pack_activations (
    source text not null, activation integer not null, from_sequence bigint not null, name text not null, version integer not null,
    request_id uuid references audit.requests, activated_at timestamptz not null default clock_timestamp(),
    primary key (source, activation), foreign key (name, version) references audit.pack_versions)`,
  'alter table audit.requests drop constraint requests_kind_check',
  "alter table audit.requests add constraint requests_kind_check check (kind in ('repair', 'republish', 'activate'))",
  'alter table audit.requests add column pack_name text, add column pack_version integer',
  'alter table audit.requests add foreign key (pack_name, pack_version) references audit.pack_versions',
  `create unique index requests_for_packs on audit.requests (stage, source, pack_name, pack_version)
    where kind = 'activate' and outcome is null`,
  'grant select on audit.pack_versions, audit.pack_activations to audit_writer, audit_reader',
  'grant insert on audit.pack_versions to audit_writer, audit_reader',
  'grant insert on audit.pack_activations to audit_writer',
  'grant insert (pack_name, pack_version) on audit.requests to audit_reader',
  'grant insert (request_id, stage, source, kind, sequence, pack_name, pack_version, requested_by) on audit.requests to audit_writer',
] as const;
