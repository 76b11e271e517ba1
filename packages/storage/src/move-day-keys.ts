import type { Database } from './database.ts';

/**
 * Moves the keys of dead letters that still stand in the record to the database of keys; gives how many. Both databases are at the newest version. They go
 * from the record once they are in the other one, so that whatever fails, none is lost; a second run does the rest.
 */
export async function moveDayKeys(record: Database, keys: Database): Promise<number> {
  return record.transaction(async (client) => {
    await client.query('lock table audit_keys.data_keys');
    const { rows } = await client.query<{ key_id: string; day: string; wrapped: Buffer }>(
      'select key_id, day::text as day, wrapped from audit_keys.data_keys',
    );
    if (rows.length === 0) return 0;
    await keys.query(
      `insert into audit_keys.day_keys (key_id, day, wrapped) select * from unnest($1::text[], $2::date[], $3::bytea[])
        on conflict (key_id) do nothing`,
      [rows.map(({ key_id }) => key_id), rows.map(({ day }) => day), rows.map(({ wrapped }) => wrapped)],
    );
    await client.query('truncate audit_keys.data_keys'); // a deletion would leave them in the file
    return rows.length;
  });
}
