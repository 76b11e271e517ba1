import type { GtidSet } from '@overlay/model';
import type { Database } from '../database.ts';
import type { FoldedTable } from './folded-rows.ts';
import { AFTER, BEFORE, KEY } from './folded-rows.ts';

const PAGE_ROWS = 1000;
const GTID = /^[0-9a-f-]{36}:/i;

/** The last sequence of the log before anything that is not in the set; what is in it has to have landed. */
export async function readSequenceOf(database: Database, source: string, executed: GtidSet): Promise<number> {
  let last: number | undefined;
  for await (const { sequence, transaction_id, is_repair } of newestFirst(database, source)) {
    last ??= Number(sequence);
    if (is_repair || !GTID.test(transaction_id)) continue; // stands where it was made, not where it belongs
    if (executed.has(transaction_id)) return last;
    last = Number(sequence) - 1;
  }
  return last ?? 0;
}

interface Placed {
  readonly sequence: string;
  readonly transaction_id: string;
  readonly is_repair: boolean;
}

async function* newestFirst(database: Database, source: string): AsyncGenerator<Placed> {
  for (let below = String(Number.MAX_SAFE_INTEGER); ; ) {
    const rows = await database.query<Placed & Record<string, unknown>>(
      `select sequence, transaction_id, repairs is not null as is_repair from audit.transactions where source = $1 and sequence < $2
        order by sequence desc limit ${PAGE_ROWS}`,
      [source, below],
    );
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    below = rows.at(-1)?.sequence ?? '0';
  }
}

/** Changes that are held at most. */
const STATES_MAX = 100_000;

/**
 * What the rows of a table were before and after each of its changes in a stretch of sequences, by their keys; null: there was none. Undefined when there are too many
 * to hold.
 */
export async function readStatesBetween(
  database: Database,
  { source, database: name, table }: FoldedTable,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<ReadonlyMap<string, readonly (string | null)[]> | undefined> {
  if (upTo <= after) return new Map();
  const rows = await database.query<{ key: string; row_after: string | null; row_before: string | null }>(
    `select ${KEY} as key, ${AFTER} as row_after, ${BEFORE} as row_before from (
        select body::text as body, audit.row_name(body) as name from audit.change_events where source = $1 and database_name = $2 and table_name = $3
          and sequence > $4 and sequence <= $5 order by sequence, ordinal limit ${STATES_MAX + 1}) events`,
    [source, name, table, after, upTo],
  );
  if (rows.length > STATES_MAX) return undefined;
  const states = new Map<string, (string | null)[]>();
  for (const { key, row_after, row_before } of rows) states.set(key, [...(states.get(key) ?? [row_before]), row_after]);
  return states;
}
