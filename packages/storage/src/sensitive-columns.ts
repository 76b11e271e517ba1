import type { Landing, SensitiveColumn } from '@overlay/model';
import type { ClientBase } from 'pg';
import { withoutNul } from './copy.ts';
import type { Database } from './database.ts';

/** Writes down which columns look sensitive, each once. */
export async function landSensitiveColumns(
  client: ClientBase,
  { head, sensitive = [] }: Pick<Landing<unknown>, 'head' | 'sensitive'>,
): Promise<void> {
  for (const { database, table, column, why } of sensitive)
    await client.query(
      `insert into audit.sensitive_columns (source, database_name, table_name, column_name, why, after_sequence)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [head.source, ...[database, table, column].map(withoutNul), why, head.landed],
    );
}

/** A column that looks sensitive, as people are shown it. */
export interface StoredSensitiveColumn extends SensitiveColumn {
  readonly source: string;
}

/** Those that the newest pack of their source still says nothing of. */
export const readSensitiveColumns = (database: Database): Promise<readonly StoredSensitiveColumn[]> =>
  database.query<StoredSensitiveColumn & Record<string, unknown>>(
    `select source, database_name as database, table_name as table, column_name as column, why from audit.sensitive_columns c
      where not exists (
        select from (select content from audit.pack_activations join audit.pack_versions using (name, version)
            where source = c.source order by activation desc limit 1) newest,
          json_each(content -> 'tables') as declared (name, body), json_object_keys(body -> 'columns') as policed
        where lower(declared.name) = lower(c.table_name) and lower(policed) = lower(c.column_name))
      order by 1, 2, 3, 4`,
  );
