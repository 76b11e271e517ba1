import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Read-only views for analysts, each with its columns described. Postgres cannot show every text that JSON can hold: a string with such text is
 * null in them, and nothing else of its row is.
 */
export const analystViews: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw('create schema analyst').execute(db);
    for (const definition of FUNCTIONS) await sql.raw(definition).execute(db);
    for (const view of VIEWS) await createView(db, view);
    await sql.raw('grant usage on schema analyst to audit_analyst, audit_reader').execute(db);
    await sql.raw('grant select on all tables in schema analyst to audit_analyst, audit_reader').execute(db);
  },
};

/**
 * Bodies are canonical JSON: they escape nothing else in this way but NUL, control characters that can be shown, and halves of surrogate pairs
 * that stand alone. So most bodies show by one search each for the two beginnings that they have no unshowable text.
 */
const UNSHOWABLE = String.raw`\\u(?:0000|d[89a-f][0-9a-f]{2})`;
const REST_OF_STRING = String.raw`(?:[^"\\]|\\.)*`;
/** A string with unshowable text that is a value, not a key. It begins after a colon, comma or bracket; no text between two strings matches. */
const UNSHOWABLE_STRING = String.raw`([,:\[])"${REST_OF_STRING}?${UNSHOWABLE}${REST_OF_STRING}"(?!:)`;

const FUNCTIONS: readonly string[] = [
  `create function analyst.may_be_unshowable(body text) returns boolean language sql immutable parallel safe
    return strpos(body, '\\u0000') > 0 or strpos(body, '\\ud') > 0`,
  `create function analyst.has_unshowable_text(body json) returns boolean language sql immutable parallel safe
    return case when analyst.may_be_unshowable(body::text) then body::text ~ '${UNSHOWABLE_STRING}' else false end`,
  `create function analyst.showable(body json) returns json language sql immutable parallel safe
    return regexp_replace(body::text, '${UNSHOWABLE_STRING}', '\\1null', 'g')::json`,
  `create function analyst.field(body json, variadic path text[]) returns text language sql immutable parallel safe
    return case when analyst.may_be_unshowable(body::text) then analyst.showable(body) else body end #>> path`,
];

interface View {
  readonly name: string;
  readonly comment: string;
  readonly from: string;
  /** Column name → expression and what it means. */
  readonly columns: Readonly<Record<string, readonly [expression: string, comment: string]>>;
}

async function createView(db: Kysely<unknown>, { name, comment, from, columns }: View): Promise<void> {
  const list = Object.entries(columns).map(([column, [expression]]) => `${expression} as ${column}`);
  await sql.raw(`create view analyst.${name} as select ${list.join(', ')} from ${from}`).execute(db);
  await sql.raw(`comment on view analyst.${name} is ${quote(comment)}`).execute(db);
  for (const [column, [, meaning]] of Object.entries(columns)) {
    await sql.raw(`comment on column analyst.${name}.${column} is ${quote(meaning)}`).execute(db);
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const SOURCE = ['source', 'Name of the audited database'] as const;
const SEQUENCE = ['sequence', "The transaction's place in its source's commit order, from 1 without holes"] as const;
const COMMITTED = ['commit_time', 'When the transaction committed at the source (UTC instant)'] as const;

const VIEWS: readonly View[] = [
  {
    name: 'transactions',
    comment: 'Every transaction, schema change, truncation and snapshot piece that the source told of, one row each',
    from: 'audit.transactions',
    columns: {
      source: SOURCE,
      sequence: SEQUENCE,
      kind: ['kind', 'transaction, schema_change, truncate, snapshot, or set_aside when it could not be read'],
      transaction_id: ['transaction_id', 'MySQL GTID, or the id of a snapshot piece'],
      committed_at: COMMITTED,
      change_count: ['item_count', 'Number of row changes in it'],
    },
  },
  {
    name: 'change_events',
    comment: 'Every row change of every captured table, in commit order; column values are text',
    from: 'audit.change_events',
    columns: {
      event_id: ['event_id', 'Id of the change, derived from source, transaction and order'],
      source: SOURCE,
      sequence: SEQUENCE,
      change_order: ['ordinal', 'Place within the transaction, from 1'],
      committed_at: COMMITTED,
      database_name: ['database_name', 'Database of the changed table'],
      table_name: ['table_name', 'The changed table'],
      operation: ['operation', 'INSERT, UPDATE, DELETE, TRUNCATE, or READ for a row of the initial snapshot'],
      primary_key: ["analyst.field(body, 'source', 'primaryKey')", 'Primary key of the row as JSON text'],
      row_before: ["analyst.field(body, 'before')", 'The row before the change as JSON text; null for an insert'],
      row_after: ["analyst.field(body, 'after')", 'The row after the change as JSON text; null for a delete'],
      has_unshowable_text: [
        'analyst.has_unshowable_text(body)',
        'True when a value of the row holds text that Postgres cannot show, such as a NUL: that value is null in row_before and row_after',
      ],
      schema_version: [
        "analyst.field(body, 'schemaVersion')",
        'Version of the table definition that the row was written under',
      ],
      binlog_file: ["analyst.field(body, 'metadata', 'file')", 'Binary log file that holds the change'],
      binlog_position: [
        "analyst.field(body, 'metadata', 'position')::bigint",
        'Position of the change in that file, in bytes',
      ],
      ghost_of: [
        "analyst.field(body, 'metadata', 'ghostOf')",
        'Of a row of a table that only helps a tool to change another table online: that table. No change of the business',
      ],
    },
  },
  {
    name: 'business_events',
    comment: 'What happened in the words of the domain, one row per event',
    from: 'audit.business_events',
    columns: {
      event_id: ['event_id', 'Id of the business event'],
      source: SOURCE,
      sequence: SEQUENCE,
      committed_at: COMMITTED,
      event_type: ['event_type', 'Kind of event, as rules of the pack name it'],
      entity_type: ['entity_type', 'Kind of thing that it happened to'],
      entity_id: ['entity_id', 'Key of the thing that it happened to'],
      actor_id: ['actor_id', 'Key of the user who did it, where the rows say so'],
      actor_label: ['actor_label', 'Name of the user who did it, where known'],
      actor_grade: ['actor_grade', 'How sure the actor is: exact, corroborated, inferred or unknown'],
      confidence: ['confidence', 'How surely the row changes mean this event, 0 to 1'],
      payload: ["analyst.field(body, 'payload')", 'Particulars of the event as JSON text'],
      has_unshowable_text: [
        'analyst.has_unshowable_text(body)',
        'True when the payload holds text that Postgres cannot show, such as a NUL: that value is null in it',
      ],
    },
  },
  {
    name: 'anomalies',
    comment: 'Scored deviations, one row each, with the reasons in words',
    from: 'audit.anomalies',
    columns: {
      anomaly_id: ['anomaly_id', 'Id of the anomaly'],
      case_id: ['case_id', 'Case that the anomaly belongs to: anomalies of one entity within 24 hours share one'],
      source: SOURCE,
      sequence: SEQUENCE,
      committed_at: COMMITTED,
      detector: ['detector', 'Detector that raised it'],
      family: ['family', 'What kind of subject the detector watches'],
      entity_type: ['entity_type', 'Kind of thing that deviates'],
      entity_id: ['entity_id', 'Key of the thing that deviates'],
      entity_label: ['entity_label', 'Name of the thing that deviates, where known'],
      severity: ['severity', 'low, medium, high or critical'],
      score: ['score', 'Strangeness as a z-equivalent; higher is stranger'],
      reasons: ["analyst.field(body, 'reasons')", 'The reasons in words, a JSON list'],
      has_unshowable_text: [
        'analyst.has_unshowable_text(body)',
        'True when a reason holds text that Postgres cannot show, such as a NUL: it is null in the list',
      ],
    },
  },
  {
    name: 'daily_events',
    comment: 'Number of business events per source, day (UTC) and type',
    from: `(select source, (commit_time at time zone 'UTC')::date as day, event_type, count(*) as events
      from audit.business_events group by 1, 2, 3) counts`,
    columns: {
      source: SOURCE,
      day: ['day', 'Day of the commit in UTC'],
      event_type: ['event_type', 'Kind of event'],
      events: ['events', 'Number of events of that kind on that day'],
    },
  },
];
