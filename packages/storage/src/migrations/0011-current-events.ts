import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Analysts see the events that hold, as the views of packs show them; and who rebuilds events counts their days anew. */
export const currentEvents: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  // The same columns from the other relation: comments and rights stay.
  `do $$ declare view_name text; begin
    foreach view_name in array array['analyst.business_events', 'analyst.daily_events'] loop
      execute format('create or replace view %s as %s', view_name, replace(pg_get_viewdef(view_name::regclass),
        'FROM audit.business_events', 'FROM audit.current_business_events business_events'));
    end loop;
  end $$`,
  'grant insert, update, delete on audit.daily_rollups to audit_reader',
] as const;
