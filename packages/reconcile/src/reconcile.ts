import { type KeySource, Policies } from '@overlay/canonical';
import { isRefusal, type SourceSnapshot, takeSnapshot } from '@overlay/mysql';
import { messageOf } from '@overlay/runtime';
import {
  type Database,
  type FoldedTable,
  type KeyStore,
  readCoverageFindings,
  readHoles,
  readPacks,
  readSequenceOf,
  readStatesBetween,
  readTablesAt,
  type StoredHole,
  Unanswerable,
} from '@overlay/storage';
import { compareTable, type Progress } from './compare-table.ts';
import { readOnlyKeys } from './read-only-keys.ts';
import type { Reconciliation, TableResult } from './result.ts';
import { formOf } from './row-form.ts';
import { untilLanded } from './until-landed.ts';

export interface ReconcileAsk {
  readonly database: Database;
  /** The source, by its name in the log. */
  readonly source: string;
  readonly sourceUrl: string;
  /** Without them, columns under tokens are not compared. */
  readonly keys?: KeyStore | undefined;
  /** One table, as `table` or `database.table`; else all. */
  readonly table?: string | undefined;
  /** Connections that read the source at a time. */
  readonly readers: number;
  readonly rows_per_s_max: number;
  /** How long the log may take to come to the state of the source. */
  readonly wait_s_max: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Compares the live source, as it is at one moment, with the log folded up to there. Throws {@link Unanswerable} when they cannot be compared, Misconfigured when
 * the source refuses the login, and troubles of either server.
 */
export async function reconcile(ask: ReconcileAsk): Promise<Reconciliation> {
  const begun = performance.now();
  const snapshot = await takeSnapshot(ask.sourceUrl, ask.readers);
  try {
    const { database, source } = ask;
    await untilLanded({
      ...ask,
      name: source,
      executed: snapshot.after,
      server: snapshot.scout,
      serverUuid: snapshot.serverUuid,
    });
    const sequence = await readSequenceOf(database, source, snapshot.after);
    // The log has definitions of other databases of the server too, whose rows are not captured.
    const captured = snapshot.scout.database;
    const logged = (await readTablesAt(database, source, sequence)).filter((table) => table.database === captured);
    const found = await readSourceTables(snapshot, [captured]);
    const tables: TableResult[] = [];
    const policies = new Policies(await readPacks(database, source));
    const deps = { ask, snapshot, sequence, policies, logged, holes: await holesOf(database, source, sequence) };
    const keys = ask.keys && readOnlyKeys(ask.keys);
    for (const table of chosen(logged, ask.table))
      tables.push(await resultOf({ ...deps, keys, table, columns: found.get(nameOf(table)) }));
    if (ask.table === undefined)
      for (const name of found.keys())
        if (!logged.some((table) => nameOf(table) === name)) tables.push(notCaptured(name));
    return {
      source,
      serverUuid: snapshot.serverUuid,
      gtids: String(snapshot.after),
      sequence,
      unlocked: snapshot.unlocked ?? null,
      locked_ms: Math.round(snapshot.locked_ms),
      seconds: (performance.now() - begun) / 1000,
      tables,
      holes: deps.holes.map(({ why }) => why),
    };
  } finally {
    await snapshot.close();
  }
}

/** What of the log nobody can know: what stands there unread, gaps that people accepted, and transactions that never came. */
async function holesOf(database: Database, source: string, sequence: number): Promise<readonly StoredHole[]> {
  const gaps = (await readCoverageFindings(database, source)).filter(({ verdict }) => verdict === 'gap');
  const lost = gaps.map(({ server, first, last, cause, afterSequence }) => ({
    sequence: (afterSequence ?? 0) + 1,
    why: `${server}:${first}${last === first ? '' : `-${last}`} never came: ${cause}`,
  }));
  return [...(await readHoles(database, source, sequence)), ...lost];
}

const nameOf = ({ database, table }: Pick<FoldedTable, 'database' | 'table'>): string => `${database}.${table}`;

/** Names of columns by `database.table`, of the tables that the source has. */
async function readSourceTables(
  { scout }: SourceSnapshot,
  databases: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (databases.length === 0) return new Map();
  const rows = await scout.query<{ d: string; t: string; c: string }>(
    `select table_schema as d, table_name as t, column_name as c from information_schema.columns
      join information_schema.tables using (table_schema, table_name)
      where table_schema in (?) and table_type = 'BASE TABLE' order by d, t, ordinal_position`,
    [databases],
  );
  const tables = new Map<string, string[]>();
  for (const { d, t, c } of rows) tables.set(`${d}.${t}`, [...(tables.get(`${d}.${t}`) ?? []), c]);
  return tables;
}

/** The table that was asked for, or all. */
function chosen(tables: readonly FoldedTable[], asked: string | undefined): readonly FoldedTable[] {
  if (asked === undefined) return tables;
  const found = tables.filter((table) => table.table === asked || nameOf(table) === asked);
  const known = tables.map(nameOf).join(', ') || 'none';
  if (found.length === 0)
    throw new Unanswerable('not_found', `the log has no table '${asked}' there`, `there is: ${known}`);
  if (found.length > 1)
    throw new Unanswerable('ambiguous', `several tables are called '${asked}'`, `there is: ${known}`);
  return found;
}

interface Resulting {
  readonly ask: ReconcileAsk;
  readonly snapshot: SourceSnapshot;
  readonly sequence: number;
  readonly policies: Policies;
  readonly logged: readonly FoldedTable[];
  readonly holes: readonly StoredHole[];
  readonly keys: KeySource | undefined;
  readonly table: FoldedTable;
  /** Its columns at the source; undefined where there is no such table. */
  readonly columns: readonly string[] | undefined;
}

/** Compares a table, or says why it cannot be. */
async function resultOf(resulting: Resulting): Promise<TableResult> {
  const { ask, snapshot, sequence, policies, logged, holes, keys, table, columns } = resulting;
  if (!columns) return without(table, 'differs', 'the source has no such table');
  const tables = logged.filter(({ database }) => database === table.database).map((one) => one.table);
  const form = await formOf({ table, tables, policies, sequence, keys, sourceColumns: columns });
  if (form.obstacle !== undefined) return without(table, 'not_compared', form.obstacle);
  const states = await statesOf(resulting);
  if (!states) return without(table, 'not_compared', 'it was changed while it was read without a lock: ask again');
  const { rows_per_s_max, signal, onProgress, database } = ask;
  try {
    return await compareTable({
      ...{ snapshot, database, table, form, sequence, holes, states, rows_per_s_max, signal, onProgress },
    });
  } catch (thrown) {
    const why = whyUnread(thrown);
    if (why === undefined) throw thrown;
    return without(table, 'not_compared', why);
  }
}

/** What rows were while the source was read without a lock; undefined where that cannot be told. */
async function statesOf({
  ask: { database, source },
  snapshot,
  sequence,
  table,
}: Resulting): Promise<ReadonlyMap<string, readonly (string | null)[]> | undefined> {
  if (snapshot.after.minus(snapshot.before).isEmpty) return new Map();
  const after = await readSequenceOf(database, source, snapshot.before);
  const states = await readStatesBetween(database, table, { after, upTo: sequence });
  return states && (table.key.length > 0 || states.size === 0) ? states : undefined;
}

function whyUnread(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ER_TABLE_DEF_CHANGED' || code === 'ER_NO_SUCH_TABLE')
    return 'it was defined anew while it was read: ask again';
  return isRefusal(thrown) ? `the source refuses to show it: ${messageOf(thrown)}` : undefined;
}

function without(
  table: Pick<FoldedTable, 'database' | 'table'>,
  verdict: TableResult['verdict'],
  why: string,
): TableResult {
  const nothing = { sourceRows: 0, logRows: 0, differences: 0, isCounted: true, listed: [], notCompared: [] };
  return { database: table.database, table: table.table, verdict, why, ...nothing };
}

function notCaptured(name: string): TableResult {
  const [database = '', ...table] = name.split('.');
  return without({ database, table: table.join('.') }, 'not_compared', 'the log has no such table: it is not captured');
}
