/**
 * SQL that leaves a database to these roles alone. Postgres lets every login of the server connect, make temporary tables (which stand before ours on
 * a search path) and large objects, and run functions. What belongs to the server's superuser stays as it is where somebody else migrates.
 */
export const closeDatabase = (schema: string, roles: readonly string[]): readonly string[] => [
  `do $$ begin
    execute format('revoke connect, temporary on database %I from public', current_database());
    execute format('grant connect on database %I to ${roles.join(', ')}', current_database());
  end $$`,
  'revoke create on schema public from public',
  `revoke execute on all functions in schema ${schema} from public`,
  'revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public',
];
