import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * An index by which the changes of one row are found, whatever their age. It holds a hash of what names the row in the body: source, database, table and
 * primary key, which stand together in its canonical JSON. No column is added, and Postgres keeps it. Of a database with many changes it is
 * made while landings wait.
 */
export const rowIndex: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

/** Neither text can stand in a value or a name: there, quotes are escaped. */
const ROW_NAME = `split_part(split_part(body::text, '"source":{', 2), '},"timestamp":', 1)`;

const STATEMENTS = [
  `create function audit.row_name(body json) returns text language sql immutable parallel safe return ${ROW_NAME}`,
  `create function audit.row_hash(body json) returns bigint language sql immutable parallel safe
    return hashtextextended(${ROW_NAME}, 0)`,
  'create index change_events_by_row on audit.change_events (audit.row_hash(body))',
  'revoke all on function audit.row_name(json), audit.row_hash(json) from public',
  'grant execute on function audit.row_name(json), audit.row_hash(json) to audit_writer, audit_reader',
] as const;
