import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The events that hold, found as fast as those that landed; analysts see them everywhere; and who rebuilds events counts their days anew.
 */
export const currentEvents: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const COLUMNS = `source, sequence, ordinal, commit_time, event_id, event_type, entity_type, entity_id, actor_id, actor_label, actor_grade,
  confidence, body`;

const STATEMENTS = [
  // A filter over both tables and not a join of each, so that weeks are left out, indexes give their order, and while nothing was rebuilt nothing is
  // asked of each row.
  `create or replace view audit.current_business_events as
    select ${COLUMNS} from (
      select ${COLUMNS}, 0 as rebuild from audit.business_events
      union all select ${COLUMNS}, rebuild from audit.rebuilt_business_events) e
    where (select count(*) from audit.rebuilds) = 0 or not exists (select from audit.rebuilds n
      where n.source = e.source and e.sequence between n.from_sequence and n.to_sequence and n.rebuild > e.rebuild)`,
  // The same columns from the other relation: comments and rights stay. A schema on the search path is not named in a definition.
  `do $$ declare view_name text; begin
    foreach view_name in array array['analyst.business_events', 'analyst.daily_events'] loop
      execute format('create or replace view %s as %s', view_name, regexp_replace(pg_get_viewdef(view_name::regclass),
        'FROM (audit[.])?business_events', 'FROM audit.current_business_events business_events'));
    end loop;
  end $$`,
  'grant insert, update, delete on audit.daily_rollups to audit_reader',
] as const;
