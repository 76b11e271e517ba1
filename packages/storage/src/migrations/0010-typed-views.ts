import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What the views of packs are made with: functions that read a payload's text as its type or give null, which views of packs there are, and what
 * days add up to.
 */
export const typedViews: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** A day that the calendar has, from year 1 on. */
const DAY = [
  '(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))',
  '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)',
].join('|');
const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?';

/**
 * The text where it has this form, as the type; else null. The argument is named once and nothing can fail, so that Postgres makes these functions
 * part of the plan.
 */
const orNull = (name: string, type: string, form: string, volatility = 'immutable'): string =>
  `create function analyst.${name}_or_null(value text) returns ${type} language sql ${volatility} parallel safe
    return substring(value from '^(?:${form})$')::${type}`;

const STATEMENTS = [
  orNull('numeric', 'numeric', '[+-]?[0-9]{1,80}(?:[.][0-9]{1,40})?'),
  orNull('integer', 'bigint', '[+-]?(?:[0-9]{1,18}|[1-8][0-9]{18})'),
  orNull('boolean', 'boolean', 'true|false|0|1'),
  // Stable to Postgres, because other texts depend on settings: these do not.
  orNull('local_time', 'timestamp', `(?:${DAY})(?:[ T]${CLOCK})?`, 'stable'),
  orNull('instant', 'timestamptz', `(?:${DAY})T${CLOCK}Z`, 'stable'),
  `create function analyst.json_field(body json, variadic path text[]) returns json language sql immutable parallel safe
    return case when analyst.may_be_unshowable(body::text) then analyst.showable(body) else body end #> path`,
  // `definition` is the SQL that made the view; a roll-up's view also says what is to be kept up.
  `create table audit.pack_views (
    view_name text primary key, pack text not null, version integer not null, definition text not null, rollup json)`,
  // One row for each measure, the number of events among them. Rows are updated with every landing: room beside them keeps that cheap.
  `create table audit.daily_rollups (
    view_name text not null, source text not null, day date not null, group_key text, group_label text,
    measure text not null, value numeric not null,
    unique nulls not distinct (view_name, day, source, group_key, measure)) with (fillfactor = 50)`,
  'grant select on audit.pack_views, audit.daily_rollups to audit_writer, audit_reader',
  'grant insert, update on audit.daily_rollups to audit_writer',
] as const;
