import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The keys of dead letters stand with the other keys. No program writes any here; `npm run migrate` moves those that there are. */
export const dayKeysMoved: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  'revoke all on audit_keys.data_keys from audit_writer, audit_reader',
  'revoke usage on schema audit_keys from audit_writer, audit_reader',
] as const;
