import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Every definition that a table ever had, from which sequence on, append-only; and for analysts, with what each column means. */
export const schemaVersions: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [view, columns] of Object.entries(COMMENTS))
      for (const [column, meaning] of Object.entries(columns))
        await sql.raw(`comment on column analyst.${view}.${column} is '${meaning.replaceAll("'", "''")}'`).execute(db);
  },
};

const STATEMENTS = [
  `create table audit.schema_versions (
    source text not null, sequence bigint not null, ordinal integer not null, commit_time timestamptz not null,
    kind text not null check (kind in ('snapshot', 'create', 'alter', 'rename', 'drop')),
    table_id uuid not null, database_name text not null, table_name text not null, version integer not null,
    previous_database text, previous_table text, definition json not null, defaults json not null, loses_rows boolean not null,
    gtid text, binlog_file text not null, binlog_position bigint not null, statement text not null,
    primary key (source, sequence, ordinal, database_name, table_name))`,
  'create index schema_versions_by_table on audit.schema_versions (source, database_name, table_name, version)',
  'create index schema_versions_by_id on audit.schema_versions (table_id, sequence)',
  'grant select on audit.schema_versions to audit_writer, audit_reader',
  'grant insert on audit.schema_versions to audit_writer',
  `create view analyst.schema_versions as select source, sequence, ordinal as change_order, commit_time as committed_at, kind, table_id,
      database_name, table_name, version, database_name || '.' || table_name || ':' || version as schema_version,
      previous_database, previous_table, analyst.field(definition, 'columns') as columns, analyst.field(definition, 'key') as primary_key,
      analyst.field(definition, 'renamedColumns') as renamed_columns, loses_rows, gtid, binlog_file, binlog_position, statement
    from audit.schema_versions`,
  "comment on view analyst.schema_versions is 'Every definition that a table ever had, one row each, in the order in which they came to hold'",
  'grant select on analyst.schema_versions to audit_analyst, audit_reader',
];

const COMMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  schema_versions: {
    source: 'Name of the audited database',
    sequence: 'The place in commit order from which it holds',
    change_order: 'Place among the definitions of that sequence, from 1',
    committed_at: 'When the statement committed at the source (UTC instant); of a snapshot, when it was taken',
    kind: 'snapshot, create, alter, rename or drop; alter also where only rows were lost (loses_rows)',
    table_id: 'The same for a table through all of its names; another one when a table was dropped and made again',
    database_name: 'Database of the table',
    table_name: 'Name of the table from here on',
    version: 'Number of the definition; counts on for a name through all tables that had it',
    schema_version: 'The same as schema_version of the change events that were written under it',
    previous_database: 'Of a rename: the database before',
    previous_table: 'Of a rename: the name before',
    columns:
      'The columns in their order, as JSON text: name, type, length, scale, labels, charset, isNullable, hasDefault, isFilledIn',
    primary_key: 'Names of the columns of the primary key, as JSON text',
    renamed_columns: 'Columns that got another name, as JSON text: old name to new name',
    loses_rows:
      'True when the statement took rows away, or brought some, that no change event tells of (partitions, tablespaces)',
    gtid: 'MySQL GTID of the statement; null for a snapshot',
    binlog_file: 'Binary log file that holds the statement',
    binlog_position: 'Position of the statement in that file, in bytes',
    statement: 'The statement with ? for every literal, and without comments',
  },
};
