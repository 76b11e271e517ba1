import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor, TransactionActor } from '@overlay/model';
import { readDayRecord } from './queries/days.ts';
import { readTransaction } from './queries/transaction.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';
import { landTransactionActors } from './transaction-actors.ts';

const SOURCE = 'shop';
const ANA: Actor = { id: '7', label: 'Ana', grade: 'exact' };
const EVA: Actor = { id: '8', label: null, grade: 'inferred' };
const timeOf = (sequence: number): string => `2026-03-04T05:06:${String(sequence).padStart(2, '0')}.000000Z`;
const of = (sequence: number, ...actors: Actor[]): TransactionActor => ({
  source: SOURCE,
  sequence,
  timestamp: timeOf(sequence),
  actors,
});
let scratch: Scratch;

/** Six transactions of which the inferencer has gone through five; the first is a snapshot's. */
beforeAll(async () => {
  scratch = await makeScratch();
  const { database } = scratch;
  for (const table of ['transactions', 'transaction_actors'])
    await database.query('select audit.ensure_week($1, $2::date)', [table, '2026-03-04']);
  for (const sequence of [1, 2, 3, 4, 5, 6])
    await database.query('insert into audit.transactions values ($1, $2, 1, $3, $4, $5)', [
      sequence,
      timeOf(sequence),
      SOURCE,
      sequence === 1 ? 'snapshot' : 'transaction',
      `gtid:${sequence}`,
    ]);
  await database.query(
    `insert into audit.heads (stage, source, revision, landed, published) values ('inferencer', $1, 1, 5, 5)`,
    [SOURCE],
  );
  await database.transaction((client) =>
    landTransactionActors(client, [of(2, ANA), of(3), of(4, ANA, EVA), of(5, EVA)]),
  );
});
afterAll(() => scratch?.drop());

const shown = () =>
  scratch.database.query(
    `select sequence::int, actor_id, actor_label, actor_grade, several from analyst.transaction_actors where source = $1 order by sequence`,
    [SOURCE],
  );
const day = { source: SOURCE, from: '2026-03-04T00:00:00Z', to: '2026-03-05T00:00:00Z', upTo: 5 };
const actorsOf = async (sequence: number) =>
  (
    await readTransaction(
      scratch.database,
      { source: SOURCE, sequence, commitTime: timeOf(sequence) },
      { changeEventIds: [], eventIds: [], itemsMax: 1 },
    )
  )?.actors;

test('every transaction that was gone through has its actor or says that it is unknown; several are told, none is picked', async () => {
  expect(await shown()).toEqual([
    { sequence: 2, actor_id: '7', actor_label: 'Ana', actor_grade: 'exact', several: null },
    { sequence: 3, actor_id: null, actor_label: null, actor_grade: 'unknown', several: null },
    { sequence: 4, actor_id: null, actor_label: null, actor_grade: 'several', several: JSON.stringify([ANA, EVA]) },
    { sequence: 5, actor_id: '8', actor_label: null, actor_grade: 'inferred', several: null },
  ]);
  expect(await Promise.all([2, 3, 4, 5].map(actorsOf))).toEqual([[ANA], [], [ANA, EVA], [EVA]]);
  expect((await readDayRecord(scratch.database, day)).actors).toEqual({
    exact: 1,
    corroborated: 0,
    inferred: 1,
    several: 1,
    unknown: 1,
  });
});

test('what nobody is known to have done has no row', async () => {
  expect(await scratch.database.query('select sequence::int from audit.transaction_actors order by 1')).toEqual(
    [2, 4, 5].map((sequence) => ({ sequence })),
  );
});

test('a name with a NUL lands without it', async () => {
  const awkward = { id: 'a\u0000b', label: 'c\u0000', grade: 'exact' } as const;
  await scratch.database.transaction((client) => landTransactionActors(client, [of(6, awkward, ANA)]));
  expect(await actorsOf(6)).toEqual([{ id: 'a\uFFFDb', label: 'c\uFFFD', grade: 'exact' }, ANA]);
});

test('the newest word counts: of a stretch that was made once more, also where it says nothing', async () => {
  const { database } = scratch;
  await database.query(`insert into audit.pack_versions (name, version, digest, content, offered_by)
    values ('p', 1, 'd', '{}', 'test')`);
  await database.query(
    `insert into audit.rebuilds (rebuild, source, from_sequence, to_sequence, pack_name, pack_version, made_by) values (1, $1, 2, 4, 'p', 1, 'test')`,
    [SOURCE],
  );
  await database.transaction((client) => landTransactionActors(client, [of(2), of(3, EVA), of(4, ANA)], 1));
  expect((await shown()).map(({ actor_grade }) => actor_grade)).toEqual(['unknown', 'inferred', 'exact', 'inferred']);
});

test('every column of the view says what it is', async () => {
  const [without] = await scratch.database.query<{ columns: number }>(
    `select count(*)::int as columns from information_schema.columns
      where table_schema = 'analyst' and table_name = 'transaction_actors'
        and col_description('analyst.transaction_actors'::regclass, ordinal_position) is null`,
  );
  expect(without?.columns).toBe(0);
});
