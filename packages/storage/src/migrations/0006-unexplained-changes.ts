import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Rows that no business event rests on, by transaction, table and operation, append-only; and for analysts. */
export const unexplainedChanges: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [column, meaning] of Object.entries(COMMENTS))
      await sql.raw(`comment on column analyst.unexplained_changes.${column} is '${meaning}'`).execute(db);
  },
};

const STATEMENTS = [
  `create table audit.unexplained_changes (
    source text not null, sequence bigint not null, commit_time timestamptz not null, database_name text not null, table_name text not null,
    operation text not null, row_count bigint not null, first_event_id uuid not null,
    primary key (source, sequence, database_name, table_name, operation))`,
  'create index unexplained_changes_by_time on audit.unexplained_changes (commit_time, source)',
  'grant select on audit.unexplained_changes to audit_writer, audit_reader',
  'grant insert on audit.unexplained_changes to audit_writer',
  `create view analyst.unexplained_changes as select source, sequence, commit_time as committed_at, database_name, table_name, operation,
      row_count, first_event_id as first_change_id from audit.unexplained_changes`,
  `comment on view analyst.unexplained_changes is
    'Row changes of transactions that no rule of the pack explains, one row for each transaction, table and operation'`,
  'grant select on analyst.unexplained_changes to audit_analyst, audit_reader',
];

const COMMENTS: Readonly<Record<string, string>> = {
  source: 'Name of the audited database',
  sequence: 'Place of the transaction in commit order',
  committed_at: 'When it committed at the source (UTC instant)',
  database_name: 'Database of the table',
  table_name: 'Name of the table',
  operation: 'INSERT, UPDATE or DELETE',
  row_count: 'Number of rows of this table, changed in this way, that no business event rests on',
  first_change_id: 'The change event of the first of them',
};
