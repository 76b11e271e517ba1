/** SQL that makes a role nobody can log in as, where it is missing: roles are the server's, so another database or another migration may make it at the same time. */
export const makeRole = (role: string): string =>
  `do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
  exception when duplicate_object or unique_violation then null; end $$`;
