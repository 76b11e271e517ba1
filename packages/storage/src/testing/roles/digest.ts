import type { ClientBase } from 'pg';

/** What an intruder could reach from a database beside its tables. */
export interface Outside {
  /** Roles and databases of the test, and those that an intruder makes, have names that begin so: other tests make theirs on the same server. */
  readonly prefix: string;
  /** A file that an intruder would write. */
  readonly file: string;
  /** Process id of a connection that must go on. */
  readonly victim: number;
}

/** Written by the server itself, whenever it likes. */
const RESTLESS = ['pg_statistic', 'pg_statistic_ext_data'];
const OURS =
  "(rolname like 'audit\\_%' or rolname = session_user or starts_with(rolname, current_setting('test.prefix')))";
const OUR_ROLES = `(select oid from pg_roles where ${OURS})`;
const THIS_DATABASE = '(select oid from pg_database where datname = current_database())';
/** Of tables that all databases share: what is ours. */
const SHARED: Readonly<Record<string, string>> = {
  pg_authid: OURS,
  pg_auth_members: `member in ${OUR_ROLES}`,
  pg_database: "(datname = current_database() or starts_with(datname, current_setting('test.prefix')))",
  pg_db_role_setting: `(setdatabase = ${THIS_DATABASE} or setrole in ${OUR_ROLES})`,
  pg_shdepend: `dbid = ${THIS_DATABASE}`,
  pg_shdescription: `objoid in ${OUR_ROLES}`,
  pg_subscription: `subdbid = ${THIS_DATABASE}`,
};

/**
 * Of tables with rights, the values: a GRANT by who may not grant writes a row once more as it was. Without what the server counts there. Of all others
 * the place of a row and the transaction that wrote it.
 */
const COUNTED = '{relpages,reltuples,relallvisible,relfrozenxid,relminmxid,relhasindex,datfrozenxid,datminmxid}';
const HASHED = `case when exists (select from pg_attribute where attrelid = c.oid and atttypid = 'aclitem[]'::regtype and not attisdropped)
  then case when relname in ('pg_class', 'pg_database') then '(to_jsonb(t) - ''${COUNTED}''::text[])::text' else 't::text' end
  else 'ctid::text || xmin::text' end`;
const TABLES = `select string_agg(format(
    'select %L || count(*) || '' '' || coalesce(sum(hashtextextended(%s, 0)), 0) as line from %s t where %s',
    name || ' ', hashed, name, coalesce($1::json ->> relname::text, 'true')), ' union all ') as statement
  from (select oid::regclass::text as name, relname, ${HASHED} as hashed from pg_class c where relkind in ('r', 'm') and relpersistence <> 't'
    and relnamespace::regnamespace::text not like 'pg\\_toast%' and relname <> all($2) and starts_with(relname, $3)) tables`;
const OTHERS = `select 'sequence ' || schemaname || '.' || sequencename || ' ' || coalesce(last_value, 0) from pg_sequences
  union all select 'settings ' || md5(coalesce(string_agg(s::text, ' ' order by s::text), '')) from pg_file_settings s
  union all select 'slots ' || count(*) from pg_replication_slots where starts_with(slot_name, current_setting('test.prefix'))
  union all select 'file ' || ((pg_stat_file(current_setting('test.file'), true)).size is not null)
  union all select 'connection ' || count(*) from pg_stat_activity where pid = current_setting('test.victim')::integer`;

/**
 * Tells what the database holds, a line for each table, the system's own among them; and sequences, the server's settings, a file, a connection. Of our
 * tables a change shows that leaves the value as it was. Sees what its own transaction did.
 * @param owner connected as superuser
 * @param table only this one, and what has a name that begins so: its partitions
 */
export async function digestOf(owner: ClientBase, outside: Outside, table = ''): Promise<readonly string[]> {
  for (const [name, value] of Object.entries(outside))
    await owner.query('select set_config($1, $2, false)', [`test.${name}`, String(value)]);
  const tables = await owner.query<{ statement: string }>(TABLES, [JSON.stringify(SHARED), RESTLESS, table]);
  const { rows } = await owner.query<{ line: string }>(
    `select line from (${tables.rows[0]?.statement} ${table === '' ? `union all ${OTHERS}` : ''}) lines order by 1`,
  );
  return rows.map(({ line }) => line);
}
