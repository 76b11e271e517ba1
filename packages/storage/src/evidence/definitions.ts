import { createHash } from 'node:crypto';
import type { Database } from '../database.ts';

/**
 * The digest (SHA-256, hexadecimal) of each definition through which people see the record, or which acts on it: views, functions, triggers and rules
 * of the schemas `audit` and `analyst`, by kind and name.
 */
export async function readDefinitions(database: Database): Promise<Readonly<Record<string, string>>> {
  const rows = await database.query<{ name: string; definition: string }>(
    `select 'view ' || v.schemaname || '.' || v.viewname as name, pg_get_viewdef((quote_ident(v.schemaname) || '.' || quote_ident(v.viewname))::regclass) as definition
        from pg_views v where v.schemaname in ('audit', 'analyst')
      union all select 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid)
        from pg_proc p where p.pronamespace in ('audit'::regnamespace, 'analyst'::regnamespace) and p.prokind = 'f'
      union all select 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass, pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' else ' ' || t.tgenabled::text end
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace in ('audit'::regnamespace, 'analyst'::regnamespace) and not t.tgisinternal
      union all select 'rule ' || r.rulename || ' on ' || r.ev_class::regclass, pg_get_ruledef(r.oid)
        from pg_rewrite r join pg_class c on c.oid = r.ev_class
        where c.relnamespace in ('audit'::regnamespace, 'analyst'::regnamespace) and r.rulename <> '_RETURN'`,
  );
  return Object.fromEntries(
    rows
      .map(({ name, definition }) => [name, createHash('sha256').update(definition).digest('hex')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
