import type { Database } from './database.ts';
import { type FoldedTable, readTablesAt } from './queries/folded-rows.ts';

/** What keeping states is bounded by. */
export interface KeepLimits {
  /** A state is kept when more changes than these have landed since the one before, and more than it has rows: keeping stays a part of writing. */
  readonly changes_min: number;
  /** Changes that are read for one state, so that those of a long log are kept in statements of minutes. */
  readonly changes_max: number;
}

const LIMITS: KeepLimits = { changes_min: 100_000, changes_max: 5_000_000 };

/** A place in the log up to which states are kept, and what landed before it since the oldest that is asked for. */
interface Step {
  readonly sequence: number;
  readonly changes: number;
}

/**
 * Keeps a state of each table of a source that has a primary key and a log that has grown by enough since its last one, each beginning with the one before. What is not done when
 * it stops is done by the next call. Gives how many it kept. Throws troubles of the database.
 */
export async function keepRowStates(
  database: Database,
  source: string,
  signal?: AbortSignal,
  { changes_min, changes_max }: KeepLimits = LIMITS,
): Promise<number> {
  const newest = await readNewest(database, source);
  const stepsBehind = new Map<number, readonly Step[]>();
  let kept = 0;
  for (const table of await readTablesAt(database, source, newest)) {
    if (table.key.length === 0) continue;
    const last = await readLast(database, table, newest);
    const steps = stepsBehind.get(last.sequence) ?? (await readSteps(database, source, last.sequence, changes_max));
    stepsBehind.set(last.sequence, steps);
    if ((steps.at(-1)?.changes ?? 0) <= Math.max(changes_min, last.rows)) continue;
    kept += await keepSteps(database, table, steps, last.rows, signal);
  }
  return kept;
}

/** Keeps states up to the end of the steps, none before as much was changed as the last one has rows. */
async function keepSteps(
  database: Database,
  table: FoldedTable,
  steps: readonly Step[],
  lastRows: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let [kept, rows, changesDone] = [0, lastRows, 0];
  for (const step of steps) {
    if (signal?.aborted) return kept;
    if (step !== steps.at(-1) && step.changes - changesDone < rows) continue;
    const found = await keep(database, table, step.sequence);
    if (found === undefined) continue; // there was no such table yet
    [kept, rows, changesDone] = [kept + 1, found, step.changes];
  }
  return kept;
}

/** Rows that the newest states of a source point to, of all its tables. */
export async function countKeptRows(database: Database, source: string): Promise<number> {
  const [counted] = await database.query<{ rows: string | null }>(
    `select sum(row_count) as rows from (
        select distinct on (database_name, table_name) row_count from audit.row_states where source = $1
        order by database_name, table_name, as_of_sequence desc) newest`,
    [source],
  );
  return Number(counted?.rows ?? 0);
}

async function keep(database: Database, table: FoldedTable, sequence: number): Promise<number | undefined> {
  const [kept] = await database.query<{ rows: string | null }>('select audit.keep_row_state($1, $2, $3, $4) as rows', [
    table.source,
    table.database,
    table.table,
    sequence,
  ]);
  return kept?.rows == null ? undefined : Number(kept.rows);
}

async function readNewest(database: Database, source: string): Promise<number> {
  const [newest] = await database.query<{ sequence: string }>(
    'select sequence from audit.transactions where source = $1 order by sequence desc limit 1',
    [source],
  );
  return Number(newest?.sequence ?? 0);
}

/** The newest state that is true; from the beginning of the log where there is none. */
async function readLast(database: Database, table: FoldedTable, newest: number) {
  const [last] = await database.query<{ as_of_sequence: string; row_count: string }>(
    'select as_of_sequence, row_count from audit.newest_row_state($1, $2, $3, $4)',
    [table.source, table.database, table.table, newest],
  );
  return { sequence: Number(last?.as_of_sequence ?? 0), rows: Number(last?.row_count ?? 0) };
}

async function readSteps(
  database: Database,
  source: string,
  behind: number,
  changes_max: number,
): Promise<readonly Step[]> {
  const rows = await database.query<{ sequence: string; changes: string }>(
    `select max(sequence) as sequence, max(changes) as changes from (
        select sequence, sum(item_count) over (order by sequence) as changes from audit.transactions where source = $1 and sequence > $2) counted
      group by greatest(ceil(changes / $3::numeric), 1) order by 1`,
    [source, behind, changes_max],
  );
  return rows.map(({ sequence, changes }) => ({ sequence: Number(sequence), changes: Number(changes) }));
}
