import { OTHER_VALUES, type SeededTable } from './tables.ts';

/** Something that nobody may do without a right to it. */
export interface Intrusion {
  /** What rights name it by: `update heads.landed`; else the statement itself. */
  readonly name: string;
  readonly sql: string;
  /** The table whose rows it is about, without its schema. */
  readonly table?: string;
  /** It changes nothing that stays: it has had an effect when it was not refused. */
  readonly isDoneWhenAllowed?: boolean;
  /** Cannot be taken back by its transaction, or cannot be in one; what then takes it back, where something has to. */
  readonly outside?: { readonly undo?: string };
}

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;

/** Everything that can be done to the rows of a table, and to who else works on them. */
export function intrusionsOn({ name, shortName, columns, key, row }: SeededTable): readonly Intrusion[] {
  const other = key ? { ...row, [key.column]: OTHER_VALUES[key.type] } : row;
  const made = `json_populate_record(null::${name}, ${quoted(row)})`;
  const all: readonly Intrusion[] = [
    { name: `read ${shortName}`, sql: `select from ${name}`, isDoneWhenAllowed: true },
    ...(key?.type === 'boolean' // which has room for one row
      ? []
      : [
          {
            name: `insert ${shortName}`,
            sql: `insert into ${name} overriding system value select * from json_populate_record(null::${name}, ${quoted(other)})`,
          },
        ]),
    ...columns.map((column) => ({
      name: `update ${shortName}.${column}`,
      sql: `update ${name} set ${column} = (${made}).${column}`,
    })),
    { name: `delete ${shortName}`, sql: `delete from ${name}` },
    { name: `truncate ${shortName}`, sql: `truncate ${name} cascade` },
    {
      name: `lock ${shortName}`,
      sql: `do $$ begin lock table ${name} in share mode; end $$`,
      isDoneWhenAllowed: true,
    },
  ];
  return all.map((one) => ({ ...one, table: shortName }));
}

/** What statements name in a database. */
export interface Aim {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** A function of the schema with its arguments, and a trigger of the table. */
  readonly routine: string;
  readonly trigger: string;
  readonly database: string;
  readonly owner: string;
  /** The role that the intruder has its rights from. */
  readonly group: string;
  /** Begins the names of roles, databases and slots; the role that ends in `_other` is there. */
  readonly prefix: string;
  readonly file: string;
  readonly victim: number;
}

/** What has nothing to do with one table: definitions, roles, the server and its files. Nobody but the owner may do any of it. */
export function intrusionsAnywhere(aim: Aim): readonly Intrusion[] {
  const { schema, table, column, routine, trigger, database, owner, group, prefix, file, victim } = aim;
  const statements = [
    // Definitions of ours.
    `alter table ${table} owner to ${prefix}_other`,
    `alter table ${table} add column intruder int`,
    `alter table ${table} drop column ${column} cascade`,
    `alter table ${table} disable trigger all`,
    `alter table ${table} enable row level security`,
    `alter table ${table} rename to intruder`,
    `alter table ${table} set unlogged`,
    `drop table ${table} cascade`,
    `create policy intruder on ${table} using (false)`,
    `create rule intruder as on update to ${table} do instead nothing`,
    `create trigger intruder before update on ${table} for each row execute function suppress_redundant_updates_trigger()`,
    `drop trigger ${trigger} on ${table}`,
    `create index intruder on ${table} (${column})`,
    `create statistics ${schema}.intruder on ${column}, (${column} is null) from ${table}`,
    `reindex table ${table}`,
    `comment on table ${table} is 'intruder'`,
    `alter function ${routine} volatile cost 7`,
    `alter function ${routine} owner to ${prefix}_other`,
    `drop function ${routine} cascade`,
    `alter schema ${schema} rename to intruder`,
    `drop schema ${schema} cascade`,
    `do $$ begin execute 'delete from ${table}'; end $$`,
    `with gone as (delete from ${table} returning 1) select count(*) from gone`,
    `cluster ${table} using ${table.split('.')[1]}_pkey`,
    // Things of one's own, where ours are found.
    'create schema intruder',
    `create table ${schema}.intruder (x int)`,
    'create table public.intruder (x int)',
    `create temporary table ${table.split('.')[1]} (x int)`,
    'create temporary view intruder as select 1',
    `create function pg_temp.to_char(date, text) returns text language sql as $$ select 'x' $$`,
    `create view ${schema}.intruder as select 1 as x`,
    `create materialized view ${schema}.intruder as select 1 as x`,
    `create sequence ${schema}.intruder`,
    `create domain ${schema}.intruder as int`,
    `create function ${schema}.intruder() returns int language sql security definer as 'select 1'`,
    `create function public.intruder() returns int language sql security definer as 'select 1'`,
    'create operator public.=== (leftarg = text, rightarg = text, function = texteq)',
    // Rights and roles.
    `grant all on ${table} to public`,
    `grant create on schema ${schema} to public`,
    'grant audit_officer to current_user with admin option',
    `alter default privileges for role ${owner} in schema ${schema} grant all on tables to public`,
    `set role ${owner}; delete from ${table}`,
    `set session authorization ${owner}; delete from ${table}`,
    `set session_replication_role = replica; update ${table} set ${column} = ${column}`,
    `create role ${prefix}_own superuser login`,
    'alter role current_user superuser bypassrls createrole replication',
    `alter role ${prefix}_other set search_path = intruder`,
    `alter role ${prefix}_other rename to ${prefix}_renamed`,
    `drop role ${prefix}_other`,
    `alter role ${owner} password 'intruder'`,
    `alter database ${database} set search_path = intruder`,
    `alter database ${database} owner to ${prefix}_other`,
    `alter database ${database} connection limit 0`,
    `drop owned by ${group}`,
    'drop owned by audit_officer, audit_opener',
    // The system's own tables.
    'update pg_catalog.pg_auth_members set admin_option = true',
    `update pg_catalog.pg_authid set rolsuper = true where rolname = current_user`,
    `update pg_catalog.pg_database set datallowconn = false where datname = current_database()`,
    `update pg_catalog.pg_class set relname = 'intruder' where relname = '${table.split('.')[1]}'`,
    // What else a database holds.
    "select lo_from_bytea(0, 'intruder')",
    'select lo_create(0)',
    "select lo_import('/etc/hostname')",
    'create extension dblink',
    'create extension pg_trgm',
    'create foreign data wrapper intruder',
    `create publication intruder for table ${table}`,
    'create publication intruder for all tables',
    `create subscription intruder connection 'host=127.0.0.1' publication intruder with (connect = false)`,
    `create function public.intruder() returns event_trigger language plpgsql as 'begin end';
      create event trigger intruder on ddl_command_start execute function public.intruder()`,
  ];
  const reads = [
    "select pg_read_file('postgresql.conf', 0, 1)",
    "select pg_ls_dir('.')",
    'select rolpassword from pg_authid',
    'select passwd from pg_shadow',
    'select * from pg_hba_file_rules',
  ];
  return [
    ...statements.map((sql) => ({ name: sql, sql })),
    ...reads.map((sql) => ({ name: sql, sql, isDoneWhenAllowed: true })),
    ...[
      { sql: `copy (select 1) to '${file}'`, undo: `copy (select 1) to program 'rm -f ${file}'` },
      { sql: `copy (select 1) to program 'cat > ${file}'`, undo: `copy (select 1) to program 'rm -f ${file}'` },
      {
        sql: `select pg_create_physical_replication_slot('${prefix}_slot')`,
        undo: `select pg_drop_replication_slot('${prefix}_slot')`,
      },
      { sql: "alter system set work_mem = '5MB'", undo: 'alter system reset work_mem' },
      { sql: `create database ${prefix}_own`, undo: `drop database ${prefix}_own` },
      { sql: `vacuum full ${table}` },
      { sql: `select pg_terminate_backend(${victim})` },
    ].map(({ sql, undo }) => ({ name: sql, sql, outside: undo === undefined ? {} : { undo } })),
  ];
}
