import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { asOfBy, type Changes } from './row-history/as-of-by.ts';
import { ROW_STATES } from './row-history/row-states.ts';

/**
 * Kept states of whole tables, so that rows as of a place cost what there is of them and what was changed since a state, however long the log is. A state points
 * to the newest change of each row and holds nothing of it. It is made by a function alone; nobody writes one.
 */
export const rowStates: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [...TABLES, ...ROW_STATES, asOfBy('create or replace', SINCE_A_STATE), ...GRANTS])
      await sql.raw(statement).execute(db);
  },
};

/** The key of one row is asked of its index; every other question begins with a state, where there is one. */
const SINCE_A_STATE: Changes = {
  declared: ' state_id integer; state_sequence bigint;',
  chosen: `    if coalesce(cardinality(hashes), 0) = 0 then
      select s.state_id, s.as_of_sequence into state_id, state_sequence
        from audit.whole_row_state(named.source, named.database_name, named.table_name, up_to) s;
      floor := greatest(floor, state_sequence);
    end if;
`,
  events: `events as (select * from audit.changes_of($1, $2, $3, $5, $4, $13) e where true %1$s)`,
  given: ', state_id',
};

const TABLES: readonly string[] = [
  `create table audit.row_states (
    state_id integer generated always as identity primary key, source text not null, database_name text not null, table_name text not null,
    as_of_sequence bigint not null, commit_time timestamptz not null, first_sequence bigint not null, landed bigint not null, row_count bigint not null,
    kept_at timestamptz not null default now())`,
  'create index row_states_by_table on audit.row_states (source, database_name, table_name, as_of_sequence)',
  // By the week of the partition that they stand in: a sequence alone would be looked for in every one.
  `create table audit.row_state_pointers (
    state_id integer not null references audit.row_states on delete cascade, week timestamptz not null, sequences bigint[] not null, ordinals integer[] not null)`,
  'create index row_state_pointers_by_state on audit.row_state_pointers (state_id)',
  // A few names, where 1000 rows would have the whole log read.
  'alter function audit.lineage(text, text, text, bigint) rows 2',
];

const ASKED = [
  'audit.rows_begin(text, text, text, bigint)',
  'audit.newest_row_state(text, text, text, bigint)',
  'audit.whole_row_state(text, text, text, bigint)',
  'audit.pointed_changes(text, integer)',
  'audit.changes_of(text, text, text, bigint, bigint, integer)',
].join(', ');
const KEPT = 'audit.keep_row_state(text, text, text, bigint)';

const GRANTS: readonly string[] = [
  `revoke execute on function ${ASKED}, ${KEPT} from public`,
  'grant select on audit.row_states, audit.row_state_pointers to audit_reader, audit_reconciler',
  `grant execute on function ${ASKED} to audit_reader, audit_reconciler`,
  `grant execute on function ${KEPT} to audit_reconciler`,
];
