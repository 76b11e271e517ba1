import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { AS_OF } from './row-history/as-of.ts';
import { HISTORY } from './row-history/history.ts';
import { PLACES } from './row-history/places.ts';

/**
 * Any row at any time, as functions: `analyst.history` and `analyst.as_of`. They run with the rights of their owner, as views do, and give what the views
 * of analysts give. What cannot be answered is an error with a hint: no_data_found for what is not there, invalid_parameter_value
 * for what is malformed, too_many_rows for what names several things.
 */
export const rowHistory: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [...PLACES, ...HISTORY, ...AS_OF, ...GRANTS]) await sql.raw(statement).execute(db);
  },
};

const SHOWN = 'analyst.history(text, jsonb, text), analyst.as_of(text, text, jsonb, text)';

/** What auditctl asks by itself, beside the functions of analysts. */
const ASKED = [
  'audit.row_name_of(text, text, text, jsonb)',
  'audit.place_names(text, text, text)',
  'audit.find_table(text, text)',
  'audit.sequence_at(text, text)',
  'audit.holes(text, bigint)',
].join(', ');
const INNER = [
  'audit.last_replaced(text, bigint)',
  'audit.lineage(text, text, text, bigint)',
  'audit.names_of_row(text, text, text, jsonb)',
  'audit.carried(json, bigint, json)',
].join(', ');

const GRANTS: readonly string[] = [
  `revoke execute on function ${SHOWN}, ${ASKED}, ${INNER} from public`,
  `grant execute on function ${ASKED} to audit_reader`,
  `grant execute on function ${SHOWN} to audit_analyst, audit_reader`,
];
