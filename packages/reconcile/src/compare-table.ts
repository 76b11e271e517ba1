import { readRows, type SourceSnapshot } from '@overlay/mysql';
import { type Database, type FoldedRow, type FoldedTable, readFoldedRows, type StoredHole } from '@overlay/storage';
import { Differences } from './differences.ts';
import type { TableResult } from './result.ts';
import type { FormedRow, RowForm } from './row-form.ts';
import { bucketOf, Tally } from './tally.ts';

/** Rows of either side that are held in memory at a time, to look at them one by one. */
const HELD_ROWS_MAX = 100_000;

/** How far a table has come: rows that were read of either side. */
export interface Progress {
  readonly database: string;
  readonly table: string;
  /** `compare`: all rows by their digests. `examine`: those once more that are not the same. */
  readonly step: 'compare' | 'examine';
  readonly sourceRows: number;
  readonly logRows: number;
}

export interface Comparing {
  readonly snapshot: SourceSnapshot;
  readonly database: Database;
  readonly table: FoldedTable;
  readonly form: RowForm;
  /** The sequence up to which the log is folded. */
  readonly sequence: number;
  readonly holes: readonly StoredHole[];
  /** What rows were while the source was read without a lock. */
  readonly states: ReadonlyMap<string, readonly (string | null)[]>;
  readonly rows_per_s_max: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Compares a table of the source with the log. Both sides are read once, in whatever order they come, into sums of digests; only where sums differ, rows are read
 * once more and held, so many at a time. Memory does not grow with the table.
 */
export async function compareTable(comparing: Comparing): Promise<TableResult> {
  const { table, form, holes, states } = comparing;
  const hasKey = table.key.length > 0;
  const tally = new Tally();
  const compare = makeSides(comparing, 'compare');
  let doubt: string | undefined;
  await Promise.all([
    compare.eachLogRow((row) => {
      if (!hasKey) doubt ??= row.doubts[0] ?? row.doubtful[0];
      const text = form.fromLog(row.row);
      tally.add(hasKey ? row.key : text, text, row.count === 1 ? -1 : 1);
    }),
    compare.eachSourceRow(({ key, row }) => tally.add(hasKey ? key : row, row, 1)),
  ]);
  const differences = new Differences(form, holes, states);
  let isCounted = true;
  for (const buckets of tally.differing(HELD_ROWS_MAX)) {
    isCounted = !differences.isFull;
    if (!isCounted) break;
    const sides = makeSides(comparing, 'examine');
    await (hasKey ? examineRows(sides, buckets, differences) : examineEqual(sides, buckets, form, differences));
  }
  // Which of equal rows has the value that is in doubt cannot be told.
  const obstacle = doubt === undefined || differences.count === 0 ? null : `${DOUBTED}: ${doubt}`;
  if (obstacle !== null) return notCompared(comparing, obstacle, compare.rows);
  const sided = form.notCompared.filter(({ why }) => why.endsWith('no such column'));
  return {
    database: table.database,
    table: table.table,
    verdict: differences.count > 0 || sided.length > 0 ? 'differs' : 'equal',
    why: null,
    ...compare.rows,
    differences: differences.count,
    isCounted,
    listed: differences.listed,
    notCompared: [...form.notCompared, ...differences.notCompared],
  };
}

const DOUBTED = 'it has no primary key, and of some of its rows the log does not know every value';

const notCompared = (
  { table: { database, table }, form }: Comparing,
  why: string,
  rows: Sides['rows'],
): TableResult => ({
  ...{ database, table, verdict: 'not_compared', why, ...rows },
  ...{ differences: 0, isCounted: true, listed: [], notCompared: form.notCompared },
});

interface Sides {
  readonly rows: { sourceRows: number; logRows: number };
  readonly eachLogRow: (take: (row: FoldedRow) => void) => Promise<void>;
  readonly eachSourceRow: (take: (row: FormedRow) => void) => Promise<void>;
}

/** Reads both sides of a table, telling how far it has come. */
function makeSides(comparing: Comparing, step: Progress['step']): Sides {
  const { snapshot, database, table, form, sequence, rows_per_s_max, signal, onProgress } = comparing;
  const { expressions } = form;
  const rows = { sourceRows: 0, logRows: 0 };
  const tell = (): void => onProgress?.({ database: table.database, table: table.table, step, ...rows });
  const first = table.columns.find(({ name }) => name === table.key[0]);
  return {
    rows,
    async eachLogRow(take) {
      for await (const page of readFoldedRows(database, table, sequence)) {
        signal?.throwIfAborted();
        for (const row of page) {
          rows.logRows += row.count;
          take(row);
        }
        tell();
      }
    },
    eachSourceRow: (take) =>
      readRows(snapshot, {
        database: table.database,
        table: table.table,
        expressions,
        key: first,
        rows_per_s_max,
        signal,
        async onRows(page) {
          for (const row of await form.fromSource(page)) take(row);
          rows.sourceRows += page.length;
          tell();
        },
      }),
  };
}

/** Rows of one key, side by side. */
async function examineRows(sides: Sides, buckets: ReadonlySet<number>, differences: Differences): Promise<void> {
  const held = new Map<string, FoldedRow>();
  await sides.eachLogRow((row) => {
    if (buckets.has(bucketOf(row.key))) held.set(row.key, row);
  });
  await sides.eachSourceRow(({ key, row }) => {
    if (!buckets.has(bucketOf(key))) return;
    differences.look(key, held.get(key), row);
    held.delete(key);
  });
  for (const [key, row] of held) differences.look(key, row, undefined);
}

/** Equal rows, of which each side has so many. */
async function examineEqual(
  sides: Sides,
  buckets: ReadonlySet<number>,
  form: RowForm,
  differences: Differences,
): Promise<void> {
  const held = new Map<string, { count: number; log?: FoldedRow }>();
  const count = (text: string, by: number, log?: FoldedRow): void => {
    if (!buckets.has(bucketOf(text))) return;
    const known = held.get(text);
    const newest = log ?? known?.log;
    held.set(text, { count: (known?.count ?? 0) + by, ...(newest && { log: newest }) });
  };
  await sides.eachLogRow((row) => count(form.fromLog(row.row), row.count, row));
  await sides.eachSourceRow(({ row }) => count(row, -1));
  for (const [text, { count: excess, log }] of held) differences.lookAtEqual(text, excess, log);
}
