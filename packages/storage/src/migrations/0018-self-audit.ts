import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The self-audit: who asked what of the record or did something with it, a row each, in an evidence log of its own. Nobody can write but through
 * `audit.record_act`, which gives the number, the time and the login itself, and nobody can change or take away what stands. What was done with what is
 * sealed is written here from now on; the rows of `audit.sealed_acts` stay.
 */
export const selfAudit: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** The name of the log; no source can have it. */
const LOG = 'self-audit';

const ACTIONS =
  'read export verify open erase hold release rotate decide repair republish activate replay rebuild migrate start'
    .split(' ')
    .map((action) => `'${action}'`)
    .join(', ');

/** Who may not do it may not write that it is about to be done, and so does not do it. */
const RIGHTS = `if body ->> 'outcome' = 'asked' and (
        body ->> 'action' in ('erase', 'hold', 'release', 'rotate') and not pg_has_role(session_user, 'audit_officer', 'member')
        or body ->> 'object' = 'sealed_value' and not pg_has_role(session_user, 'audit_opener', 'member')
          and not pg_has_role(session_user, 'audit_officer', 'member'))
      then raise insufficient_privilege using message = 'audit_opener may open what is sealed, audit_officer hold and erase it too'; end if;`;

const STATEMENTS = [
  `create table audit.self_audit (
    sequence bigint primary key, at timestamptz not null, login text not null, body json not null, leaf bytea not null,
    constraint known_action check ((body ->> 'action' in (${ACTIONS})) is true),
    constraint known_outcome check ((body ->> 'outcome' in ('asked', 'ok', 'refused', 'failed')) is true),
    constraint whole_body check ((json_typeof(body -> 'by') = 'object' and json_typeof(body -> 'arguments') = 'object' and body ->> 'object' <> '') is true),
    constraint short_body check (octet_length(body::text) <= 65536))`,
  'create index self_audit_by_time on audit.self_audit (at)',
  // The one row that changes: whoever appends waits here for the one before.
  `create table audit.self_audit_head (
    is_only boolean primary key default true check (is_only), size bigint not null, frontier bytea not null)`,
  "insert into audit.self_audit_head (size, frontier) values (0, '')",
  `alter table audit.heads add constraint source_is_not_the_self_audit check (source <> '${LOG}')`,
  `create function audit.root_of(hashes bytea) returns bytea language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
    begin
      while length(hashes) > 32 loop
        select string_agg(sha256('\\x01'::bytea || substring(hashes from 64 * place + 1 for 64)), ''::bytea order by place)
          into hashes from generate_series(0, length(hashes) / 64 - 1) place;
      end loop;
      return hashes;
    end $$`,
  // The entry, the leaf and the tree are those of packages/evidence, which recomputes them.
  `create function audit.record_act(body json, out sequence bigint, out at timestamptz, out login text)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare
      head record; node bytea; rest bigint; height smallint := 0; width bigint := 256;
    begin
      ${RIGHTS}
      perform body::jsonb; -- which fails on text that no view could show
      select h.size, h.frontier into strict head from audit.self_audit_head h for update;
      sequence := head.size + 1;
      at := clock_timestamp();
      login := session_user;
      node := sha256('\\x00'::bytea || convert_to(format(E'audit-act/v1\\nsequence %s\\nat %s\\nlogin %s\\nbody %s\\n', sequence,
        to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_json(login), body), 'UTF8'));
      insert into audit.self_audit (sequence, at, login, body, leaf) values (sequence, at, login, body, node);
      rest := head.size;
      while rest % 2 = 1 loop
        node := sha256('\\x01'::bytea || substring(head.frontier from length(head.frontier) - 31) || node);
        head.frontier := substring(head.frontier for length(head.frontier) - 32);
        rest := rest / 2;
      end loop;
      update audit.self_audit_head set size = sequence, frontier = head.frontier || node;
      while sequence % width = 0 loop
        insert into audit.evidence_tiles (source, level, tile, hashes) select '${LOG}', height, sequence / width - 1,
          case height when 0 then (select string_agg(a.leaf, ''::bytea order by a.sequence) from audit.self_audit a where a.sequence > record_act.sequence - 256)
            else (select string_agg(audit.root_of(t.hashes), ''::bytea order by t.tile) from audit.evidence_tiles t
              where t.source = '${LOG}' and t.level = height - 1 and t.tile >= sequence / (width / 256) - 256) end
          on conflict (source, level, tile) do update set hashes = excluded.hashes; -- whoever lands could have put one there before
        width := width * 256;
        height := height + 1;
      end loop;
    end $$`,
  'revoke all on function audit.root_of(bytea), audit.record_act(json) from public',
  'grant execute on function audit.record_act(json) to audit_reader, audit_writer, audit_notary',
  'grant select on audit.self_audit, audit.self_audit_head to audit_reader, audit_notary',
  'revoke insert (act, done_by, reason, source, subject_id, event_id, column_name) on audit.sealed_acts from audit_opener, audit_officer',
  ...view(),
] as const;

/** The self-audit for people, each column with what it means. Those that see the views of analysts alone do not see it. */
function view(): readonly string[] {
  const columns = {
    sequence: ['sequence', 'Place in the self-audit, from 1 without holes'],
    at: ['at', 'When it was written down, before the answer was given (UTC instant)'],
    login: ['login', 'The database user, as the database knows it'],
    kind: ["body -> 'by' ->> 'kind'", 'person, program or model'],
    name: ["body -> 'by' ->> 'name'", 'Who, as the program says it'],
    program: ["body -> 'by' ->> 'program'", 'The program'],
    version: ["body -> 'by' ->> 'version'", 'The version of the program'],
    action: ["body ->> 'action'", 'What was done'],
    object: ["body ->> 'object'", 'What it was done with'],
    arguments: ["body -> 'arguments'", 'The filter, or what was asked for, as JSON'],
    reason: ["body ->> 'reason'", 'Why, where a reason has to be given'],
    outcome: ["body ->> 'outcome'", 'asked (about to be done), ok, refused or failed'],
    row_count: ["analyst.integer_or_null(body ->> 'rows')", 'Rows, or things, that were given'],
    code: ["body ->> 'code'", 'Why it was refused or failed'],
    asked: [
      "analyst.integer_or_null(body ->> 'asked')",
      'The sequence under which it stands that this was about to be done',
    ],
  } as const;
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const list = Object.entries(columns).map(([name, [expression]]) => `${expression} as ${name}`);
  return [
    `create view analyst.self_audit as select ${list.join(', ')} from audit.self_audit`,
    "comment on view analyst.self_audit is 'Who asked what of the record, or did something with it, one row each'",
    ...Object.entries(columns).map(
      ([name, [, meaning]]) => `comment on column analyst.self_audit.${name} is ${quote(meaning)}`,
    ),
    'grant select on analyst.self_audit to audit_reader',
  ];
}
