import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { ensureWeek } from './ensure-week.ts';
import { historyBy } from './row-history/history-by.ts';

/**
 * Who did each transaction, by week of commit as the log itself; where nothing says it there is no row. What a rebuild says stands beside it, and the newest
 * word counts. From here on a row's history has the actor of the transaction.
 */
export const transactionActors: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [column, meaning] of Object.entries(COMMENTS))
      await sql.raw(`comment on column analyst.transaction_actors.${column} is '${meaning}'`).execute(db);
  },
};

const DEFINITIONS = `sequence bigint not null, commit_time timestamptz not null, source text not null,
    actor_id text, actor_label text, actor_grade text not null, several json`;
const COLUMNS = 'sequence, commit_time, source, actor_id, actor_label, actor_grade, several';

/** Of several, the one that a business event names which rests on the change. */
const ACTOR = `left join lateral (
    select coalesce(own.actor_id, w.actor_id) as actor_id, coalesce(own.actor_label, w.actor_label) as actor_label,
        coalesce(own.actor_grade, w.actor_grade) as actor_grade
      from audit.current_transaction_actors w left join lateral (
        select b.actor_id, b.actor_label, b.actor_grade from audit.current_business_events b
          where w.actor_grade = 'several' and b.source = e.source and b.sequence = e.sequence and b.commit_time = e.commit_time and b.actor_id is not null
            and exists (select from json_array_elements_text(b.body -> 'sourceEventIds') rests where rests.value = e.event_id::text)
          order by b.ordinal limit 1) own on true
      where w.source = e.source and w.sequence = e.sequence and w.commit_time = e.commit_time) actor on true`;

const STATEMENTS = [
  ensureWeek(
    "not exists (select from pg_class where relnamespace = 'audit'::regnamespace and relname = record_table and relkind = 'p')",
  ),
  `create table audit.transaction_actors (${DEFINITIONS}, primary key (source, sequence, commit_time)) partition by range (commit_time)`,
  `create table audit.rebuilt_transaction_actors (rebuild integer not null references audit.rebuilds, ${DEFINITIONS},
    primary key (rebuild, sequence))`,
  `create view audit.current_transaction_actors as
    select ${COLUMNS} from (
      select ${COLUMNS}, 0 as rebuild from audit.transaction_actors
      union all select ${COLUMNS}, rebuild from audit.rebuilt_transaction_actors) e
    where (select count(*) from audit.rebuilds) = 0 or not exists (select from audit.rebuilds n
      where n.source = e.source and e.sequence between n.from_sequence and n.to_sequence and n.rebuild > e.rebuild)`,
  `grant select on audit.transaction_actors, audit.rebuilt_transaction_actors, audit.current_transaction_actors to audit_writer, audit_reader`,
  'grant insert on audit.transaction_actors to audit_writer',
  'grant insert on audit.rebuilt_transaction_actors to audit_reader',
  historyBy('create or replace', ACTOR),
  `create view analyst.transaction_actors as select t.source, t.sequence, t.commit_time as committed_at, t.transaction_id,
      w.actor_id, w.actor_label, coalesce(w.actor_grade, 'unknown') as actor_grade, w.several::text as several
    from audit.transactions t left join audit.current_transaction_actors w
      on w.source = t.source and w.sequence = t.sequence and w.commit_time = t.commit_time
    where t.kind in ('transaction', 'repair')
      and t.sequence <= (select h.landed from audit.heads h where h.stage = 'inferencer' and h.source = t.source)`,
  `comment on view analyst.transaction_actors is 'Who did each transaction, one row for each that the rules have gone through'`,
  'grant select on analyst.transaction_actors to audit_analyst, audit_reader',
];

const COMMENTS: Readonly<Record<string, string>> = {
  source: 'Name of the audited database',
  sequence: 'Place of the transaction in commit order',
  committed_at: 'When it committed at the source (UTC instant)',
  transaction_id: 'Id of the transaction, its GTID',
  actor_id: 'Key of the user who did it; null where nothing says it, or several did',
  actor_label: 'Name of the user who did it, where known',
  actor_grade:
    'How sure the actor is: exact, corroborated, inferred or unknown; several where statements or columns name different users',
  several: 'Of several, all of them as JSON text: id, label and grade of each',
};
