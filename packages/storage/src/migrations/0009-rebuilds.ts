import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Business events of a period made once more by other rules. What landed stays as it was; `current_business_events` gives the newest word on every
 * sequence.
 */
export const rebuilds: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const EVENT_COLUMNS = `source, sequence, ordinal, commit_time, event_id, event_type, entity_type, entity_id, actor_id, actor_label, actor_grade,
  confidence, body`;
const newerThan = (number: string, event: string) => `exists (select from audit.rebuilds n
  where n.source = ${event}.source and ${event}.sequence between n.from_sequence and n.to_sequence and n.rebuild > ${number})`;

const STATEMENTS = [
  `create table audit.rebuilds (
    rebuild integer primary key, source text not null, from_sequence bigint not null, to_sequence bigint not null,
    pack_name text not null, pack_version integer not null, made_by text not null, made_at timestamptz not null default clock_timestamp(),
    foreign key (pack_name, pack_version) references audit.pack_versions)`,
  `create table audit.rebuilt_business_events (
    rebuild integer not null references audit.rebuilds,
    source text not null, sequence bigint not null, ordinal integer not null, commit_time timestamptz not null,
    event_id uuid not null, event_type text not null, entity_type text not null, entity_id text not null,
    actor_id text, actor_label text, actor_grade text not null, confidence real not null, body json not null,
    primary key (rebuild, sequence, ordinal))`,
  'create index rebuilt_business_events_by_type on audit.rebuilt_business_events (event_type, commit_time)',
  'create index rebuilt_business_events_by_id on audit.rebuilt_business_events (event_id)',
  'create index rebuilt_business_events_by_entity on audit.rebuilt_business_events (entity_type, entity_id, commit_time)',
  `create view audit.current_business_events as
    select ${EVENT_COLUMNS} from audit.business_events e where not ${newerThan('0', 'e')}
    union all select ${EVENT_COLUMNS} from audit.rebuilt_business_events e where not ${newerThan('e.rebuild', 'e')}`,
  'grant select on audit.rebuilds, audit.rebuilt_business_events, audit.current_business_events to audit_writer, audit_reader',
  'grant insert on audit.rebuilds, audit.rebuilt_business_events to audit_reader',
] as const;
