import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The engine's own event, for analysts: a transaction that is too large for rules. */
export const bulkChanges: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [column, meaning] of Object.entries(COMMENTS))
      await sql.raw(`comment on column analyst.bulk_changes.${column} is '${meaning}'`).execute(db);
  },
};

const STATEMENTS = [
  `create view analyst.bulk_changes as select event_id, source, sequence, committed_at, entity_id as transaction_id,
      analyst.integer_or_null(payload::json ->> 'rows') as row_count, (payload::json -> 'tables')::text as tables
    from analyst.business_events where event_type = 'bulk.change'`,
  `comment on view analyst.bulk_changes is
    'Transactions of more rows than the rules of the pack are asked about, one row for each'`,
  'grant select on analyst.bulk_changes to audit_analyst, audit_reader',
];

const COMMENTS: Readonly<Record<string, string>> = {
  event_id: 'Id of the business event',
  source: 'Name of the audited database',
  sequence: 'Place of the transaction in commit order',
  committed_at: 'When it committed at the source (UTC instant)',
  transaction_id: 'Id of the transaction, its GTID',
  row_count: 'Number of rows that it changed',
  tables: 'JSON text: of each database.table the number of rows by operation',
};
