import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What is sealed of a change stands beside its body, under keys that are in another database; most changes have none. And the columns that look as if
 * something in them should be sealed.
 */
export const sealedValues: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  'alter table audit.change_events add column sealed_values json',
  `create table audit.sensitive_columns (
    source text not null, database_name text not null, table_name text not null, column_name text not null, why text not null,
    after_sequence bigint not null, found_at timestamptz not null default now(),
    primary key (source, database_name, table_name, column_name))`,
  'grant select on audit.sensitive_columns to audit_writer, audit_reader',
  'grant insert on audit.sensitive_columns to audit_writer',
] as const;
