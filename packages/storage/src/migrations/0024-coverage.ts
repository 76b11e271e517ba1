import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { makeRole } from '../make-role.ts';

/**
 * The coverage record: what a source says that it has executed, beside what landed of it. What was found about a hole stands for ever; how things stood when
 * the source was asked last is one row for each source. The role `audit_reconciler`, which asks the source, writes them and nothing else.
 */
export const coverage: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** Columns of the view for analysts, with what they mean. */
const COLUMNS = {
  source: 'The source',
  server: 'The server by its uuid, with the tag of its GTIDs behind a colon where they have one',
  first_number: 'The first transaction number of the interval',
  last_number: 'The last transaction number of the interval',
  state:
    'landed; before_log: executed before the snapshot that the log begins with; no_captured_row: the binary log proves that it changed nothing that is captured; gap: the log lacks it, for ever; on_the_way: not landed yet; unexplained: nobody knows; unknown_to_source: landed, and the source does not know it',
  cause: 'What the binary log showed of it, or why it is a gap',
  after_time: 'Commit time of what landed before a gap (UTC instant)',
  found_at: 'When it was found (UTC instant)',
} as const;

const STATEMENTS: readonly string[] = [
  `create table audit.coverage_checks (
    source text primary key, checked_at timestamptz not null default now(), server_uuid text not null,
    began_at text, before_log text not null, is_beginning_proven boolean not null,
    executed text not null, purged text not null, on_the_way text not null, foreign_gtids text not null, obstacle text)`,
  `create table audit.coverage_findings (
    finding_id bigint generated always as identity primary key,
    source text not null, server text not null, first_number bigint not null, last_number bigint not null,
    verdict text not null check (verdict in ('no_captured_row', 'gap')), cause text not null,
    after_sequence bigint, after_time timestamptz, found_at timestamptz not null default now(),
    check (first_number between 1 and last_number))`,
  'create index coverage_findings_by_source on audit.coverage_findings (source)',
  `create table audit.source_checks (
    source text not null, check_name text not null, is_met boolean not null, need text not null, found text not null, mend text,
    checked_at timestamptz not null default now(), primary key (source, check_name))`,

  // A GTID set as MySQL writes it, by server and tag.
  `create function audit.gtid_ranges(gtids text) returns table (server text, numbers int8multirange) language sql immutable parallel safe as $$
    with fields as (
      select part, split_part(part, ':', 1) as uuid, field, place, field ~ '^[0-9]' as is_number
        from regexp_split_to_table(regexp_replace(gtids, '\\s', '', 'g'), ',') as part,
          string_to_table(part, ':') with ordinality as of_part (field, place) where place > 1),
    tagged as (
      select *, (array_agg(field) filter (where not is_number) over (partition by part order by place)) as tags from fields)
    select uuid || coalesce(':' || tags[cardinality(tags)], ''),
        range_agg(int8range(split_part(field, '-', 1)::bigint, coalesce(nullif(split_part(field, '-', 2), ''), field)::bigint, '[]'))
      from tagged where is_number group by 1 $$`,
  'revoke execute on function audit.gtid_ranges(text) from public',

  // What is found for ever stands in the self-audit too.
  'alter table audit.self_audit drop constraint known_action',
  `alter table audit.self_audit add constraint known_action check ((body ->> 'action' in ('read', 'export', 'verify', 'open', 'erase', 'hold', 'release',
    'rotate', 'decide', 'repair', 'republish', 'activate', 'replay', 'rebuild', 'find', 'migrate', 'start')) is true)`,

  ...view(),
  makeRole('audit_reconciler'),
  `do $$ begin execute format('grant connect on database %I to audit_reconciler', current_database()); end $$`,
  'grant usage on schema audit, analyst to audit_reconciler',
  'grant select on audit.heads, audit.transactions, audit.schema_versions, audit.coverage_checks, audit.coverage_findings, audit.source_checks to audit_reconciler',
  'grant insert (source, server, first_number, last_number, verdict, cause, after_sequence, after_time) on audit.coverage_findings to audit_reconciler',
  'grant insert, update on audit.coverage_checks, audit.source_checks to audit_reconciler',
  'grant delete on audit.source_checks to audit_reconciler',
  'grant execute on function audit.record_act(json), audit.last_replaced(text, bigint) to audit_reconciler',
  'grant select on audit.coverage_checks, audit.coverage_findings, audit.source_checks to audit_reader',
  'grant execute on function audit.last_replaced(text, bigint) to audit_reader',
  'grant select on analyst.coverage to audit_analyst, audit_reader, audit_reconciler',
  'grant execute on function audit.gtid_ranges(text) to audit_analyst, audit_reader, audit_reconciler',
];

/** Every interval of every source with its state: together they are all that the source executed, and all that landed. */
function view(): readonly string[] {
  const of = (column: string, state: string): string =>
    `select c.source, r.server, r.numbers, '${state}' as state from audit.coverage_checks c, audit.gtid_ranges(c.${column}) r`;
  return [
    `create view analyst.coverage as
      with landed as materialized (
        select h.source, r.server, r.numbers from audit.heads h, audit.gtid_ranges(h.gtids) r where h.stage = 'normalizer'),
      told as (
        select source, server, numbers, 'landed' as state, null as cause, null::timestamptz as after_time, null::timestamptz as found_at from landed
        union all select source, server, numbers, state, null, null, null from (${of('before_log', 'before_log')}) b
        union all select f.source, f.server, int8multirange(int8range(first_number, last_number, '[]')) - coalesce(l.numbers, '{}'), verdict, cause, after_time, found_at
          from audit.coverage_findings f left join landed l using (source, server)
        union all select w.source, w.server, w.numbers - coalesce(l.numbers, '{}'), w.state, null, null, null
          from (${of('on_the_way', 'on_the_way')}) w left join landed l using (source, server)
        union all select source, server, numbers, state, null, null, null from (${of('foreign_gtids', 'unknown_to_source')}) f),
      known as (select source, server, range_agg(numbers) as numbers from told group by 1, 2),
      every as (
        select * from told
        union all select e.source, e.server, e.numbers - coalesce(k.numbers, '{}'), 'unexplained', null, null, null
          from (${of('executed', '')}) e left join known k using (source, server))
      select source, server, lower(interval) as first_number, upper(interval) - 1 as last_number, state, cause, after_time, found_at
        from every, unnest(numbers) as interval`,
    `comment on view analyst.coverage is 'What a source executed and what of it is in the log, by intervals of GTIDs; as of the last time that the source was asked'`,
    ...Object.entries(COLUMNS).map(
      ([name, meaning]) => `comment on column analyst.coverage.${name} is '${meaning.replaceAll("'", "''")}'`,
    ),
  ];
}
