import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What no event rests on, of a period whose events were made once more: the newest word, as for the events themselves. */
export const currentUnexplained: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const COLUMNS = 'source, sequence, commit_time, database_name, table_name, operation, row_count, first_event_id';

const STATEMENTS = [
  `create table audit.rebuilt_unexplained_changes (
    rebuild integer not null references audit.rebuilds,
    source text not null, sequence bigint not null, commit_time timestamptz not null, database_name text not null, table_name text not null,
    operation text not null, row_count bigint not null, first_event_id uuid not null,
    primary key (rebuild, sequence, database_name, table_name, operation))`,
  'create index rebuilt_unexplained_changes_by_time on audit.rebuilt_unexplained_changes (commit_time, source)',
  `create view audit.current_unexplained_changes as
    select ${COLUMNS} from (
      select ${COLUMNS}, 0 as rebuild from audit.unexplained_changes
      union all select ${COLUMNS}, rebuild from audit.rebuilt_unexplained_changes) e
    where (select count(*) from audit.rebuilds) = 0 or not exists (select from audit.rebuilds n
      where n.source = e.source and e.sequence between n.from_sequence and n.to_sequence and n.rebuild > e.rebuild)`,
  'grant select on audit.rebuilt_unexplained_changes, audit.current_unexplained_changes to audit_writer, audit_reader',
  'grant insert on audit.rebuilt_unexplained_changes to audit_reader',
  `create or replace view analyst.unexplained_changes as select source, sequence, commit_time as committed_at, database_name, table_name, operation,
      row_count, first_event_id as first_change_id from audit.current_unexplained_changes`,
] as const;
