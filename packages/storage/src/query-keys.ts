import { Trouble } from '@overlay/runtime';
import type { Database } from './database.ts';

/** A statement in the database of keys. What that has to say when it is away is the trouble `keys.unreachable`, so that nobody looks for it at the record. */
export async function queryKeys<Row extends object>(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    return await database.query<Row>(text, values);
  } catch (thrown) {
    const isAway = thrown instanceof Trouble && thrown.code.startsWith('postgres.');
    throw isAway ? new Trouble('keys.unreachable', thrown.message, thrown) : thrown;
  }
}
