import { expect, test } from '@jest/globals';
import { column } from '@overlay/model/testing';
import fc from 'fast-check';
import type { Database } from './database.ts';
import { readFoldedRows, readTablesAt } from './queries/folded-rows.ts';
import { keepRowStates } from './row-states.ts';
import { happening, makeRandomTable } from './testing/random-table.ts';
import { makeScratch } from './testing/scratch.ts';
import { makeShopLog } from './testing/shop-log.ts';

const keep = async (database: Database, table: string, at: number): Promise<string | null | undefined> =>
  (
    await database.query<{ rows: string | null }>('select audit.keep_row_state($1, $1, $2, $3) as rows', [
      'shop',
      table,
      at,
    ])
  )[0]?.rows;

/** What is said of each table after each sequence: rows, or why there are none. */
async function answers(database: Database, names: readonly string[], newest: number): Promise<unknown> {
  const said: unknown[] = [];
  for (let sequence = 1; sequence <= newest; sequence++) {
    for (const name of names)
      said.push([
        name,
        sequence,
        await database
          .query('select * from analyst.as_of($1, $2) order by sequence, change_order', [name, String(sequence)])
          .catch((thrown: Error & { hint?: string }) => [thrown.message, thrown.hint]),
      ]);
    for (const table of await readTablesAt(database, 'shop', sequence))
      for await (const page of readFoldedRows(database, table, sequence))
        said.push([
          table.table,
          sequence,
          [...page].sort((a, b) => a.sequence - b.sequence || (a.key < b.key ? -1 : 1)),
        ]);
  }
  return said;
}

/** Sequences that begin with a state. */
async function countUses(database: Database, names: readonly string[], newest: number): Promise<number> {
  let uses = 0;
  for (let sequence = 1; sequence <= newest; sequence++)
    for (const name of names)
      uses += (
        await database
          .query('select from audit.whole_row_state($1, $1, $2, $3)', ['shop', name, sequence])
          .catch(() => [])
      ).length;
  return uses;
}

test('rows as of every place are the same with states and without, whatever happens to the table and wherever states were kept', async () => {
  let uses = 0;
  const { database, drop } = await makeScratch();
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 25, maxLength: 40 }), async (happenings) => {
        await database.query(
          'truncate audit.transactions, audit.change_events, audit.schema_versions, audit.heads, audit.row_states cascade',
        );
        const table = await makeRandomTable(database, (name, at) => keep(database, name, at));
        for (const each of happenings) await table.happen(each);
        uses += await countUses(database, table.names, table.newest());
        const withStates = await answers(database, table.names, table.newest());
        await database.query('delete from audit.row_states');
        expect(withStates).toEqual(await answers(database, table.names, table.newest()));
      }),
      { numRuns: Number(process.env.RUNS ?? 4) },
    );
  } finally {
    await drop();
  }
  expect(uses).toBeGreaterThan(0);
});

const COLUMNS = [column('id', 'INT'), column('v', 'INT')];
const inserted = (...ids: number[]) => ids.map((id) => [null, { id: String(id), v: '1' }] as const);

/** A log of the table `t` with three rows at sequence 2, and what is kept of it. */
async function withTable(
  work: (log: ReturnType<typeof makeShopLog>, database: Database) => Promise<void>,
): Promise<void> {
  const own = await makeScratch();
  try {
    const log = makeShopLog(own.database);
    await log.define('create', 't', COLUMNS, ['id']);
    await log.land('t', inserted(1, 2, 3));
    await work(log, own.database);
  } finally {
    await own.drop();
  }
}

const kept = async (database: Database) =>
  (await database.query<{ at: number }>('select as_of_sequence::integer as at from audit.row_states order by 1')).map(
    ({ at }) => at,
  );
const idsAt = async (database: Database, at: number) =>
  (
    await database.query<{ id: string }>(`select "row" ->> 'id' as id from analyst.as_of('t', $1) order by 1`, [
      String(at),
    ])
  ).map(({ id }) => Number(id));

test('where the log lacks what a state points to, the log is what counts', () =>
  withTable(async (log, database) => {
    const last = await log.land('t', inserted(4));
    expect(await keep(database, 't', last)).toBe('4');
    await database.query('delete from audit.change_events where sequence = 2 and ordinal = 2');
    expect(await countUses(database, ['t'], last)).toBe(0);
    expect(await idsAt(database, last)).toEqual([1, 3, 4]);
    const next = await log.land('t', inserted(5));
    expect(await keep(database, 't', next)).toBe('4');
    expect(await countUses(database, ['t'], next)).toBe(1);
  }));

test('a state is not true any more when a repair lands that belongs before it, and gives way to one that is', () =>
  withTable(async (log, database) => {
    const aside = await log.setAside();
    const last = await log.land('t', inserted(4));
    await keep(database, 't', 2);
    await keep(database, 't', last);
    await log.land('t', inserted(7), { kind: 'repair', repairs: aside });
    expect(await idsAt(database, last)).toEqual([1, 2, 3, 4, 7]);
    expect(await keep(database, 't', last)).toBe('5');
    expect(await kept(database)).toEqual([2, last]);
    expect(await idsAt(database, last)).toEqual([1, 2, 3, 4, 7]);
  }));

test('the newest two states stay, and of each month the last; there is none of what has not landed, is not there or has no key', () =>
  withTable(async (log, database) => {
    const places: number[] = [];
    for (const id of [4, 5, 6]) {
      places.push(await log.land('t', inserted(id)));
      await keep(database, 't', places.at(-1) ?? 0);
    }
    expect(await kept(database)).toEqual(places.slice(1));
    await database.query(`update audit.row_states set commit_time = '2026-02-28T23:59:59Z' where as_of_sequence = $1`, [
      places[1],
    ]);
    for (const id of [7, 8]) {
      places.push(await log.land('t', inserted(id)));
      await keep(database, 't', places.at(-1) ?? 0);
    }
    expect(await kept(database)).toEqual([places[1], places[3], places[4]]);
    await expect(keep(database, 't', 999)).rejects.toMatchObject({ hint: `landed is up to ${places[4]}` });
    expect(await keep(database, 'nothing', 2)).toBeNull();
    await log.define('create', 'heap', COLUMNS, []);
    expect(await keep(database, 'heap', await log.land('heap', inserted(1)))).toBeNull();
  }));

test('states are kept step by step, and again when more has landed than there are rows; the reconciler keeps them, readers do not', () =>
  withTable(async (log, database) => {
    const limits = { changes_min: 2, changes_max: 4 };
    for (const id of [4, 5, 6, 7]) await log.land('t', inserted(id, id + 10));
    expect(await keepRowStates(database, 'shop', undefined, limits)).toBe(3);
    expect(await kept(database)).toEqual([4, 6]);
    await log.land('t', inserted(8, 9, 21, 22, 23, 24, 25, 26, 27, 28, 29));
    expect(await keepRowStates(database, 'shop', undefined, limits)).toBe(0);
    const last = await log.land('t', inserted(30));
    expect(await keepRowStates(database, 'shop', undefined, limits)).toBe(1);
    expect(await kept(database)).toEqual([6, last]);
    expect(await idsAt(database, last)).toHaveLength(23);
    await expect(
      database.transaction(async (client) => {
        await client.query('set local role audit_reconciler');
        await client.query(`select audit.keep_row_state('shop', 'shop', 't', 2)`);
        await client.query('set local role audit_reader');
        await client.query(`select audit.keep_row_state('shop', 'shop', 't', 2)`);
      }),
    ).rejects.toThrow('permission denied for function keep_row_state');
  }));
