import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The changes of which something is sealed, most often few, are found without looking at the others: values are sought there by their tokens. */
export const sealedIndex: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw(
        'create index change_events_sealed on audit.change_events (source, sequence) where sealed_values is not null',
      )
      .execute(db);
  },
};
