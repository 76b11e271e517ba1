import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { history, type Recorded, readScenario, recordAll } from '@overlay/generator';
import { runToEnd } from '@overlay/infra';
import { changesOf, transactionsOf } from './kit/log.ts';
import { makeMasks } from './kit/mask.ts';
import { untilCaughtUp } from './kit/record.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

const SCENARIO = join(import.meta.dirname, '..', '..', 'generator', 'scenarios', 'eventful.yaml');
const UNTIL = '2026-01-15T18:00:00Z';
const dials = { seed: '21', days: 5, salesPerDay: 200 };
const options = { scenario: readScenario(SCENARIO, dials), until_us: Date.parse(UNTIL) * 1000 };
/** Of the pharmacy. */
const TABLES = 11;
let world: World;

beforeAll(async () => {
  world = await makeWorld({ name: 'recording', makeSource: makePharmacy });
});
afterAll(() => world?.close());

type Image = Readonly<Record<string, unknown>> | null;

interface Change {
  readonly table: string;
  readonly operation: string;
  readonly before: Image;
  readonly after: Image;
}

/** What the log holds of each transaction, by its sequence. */
async function loggedChanges(last: number): Promise<ReadonlyMap<number, Change[]>> {
  const { log } = await makeMasks();
  const logged = new Map<number, Change[]>();
  for await (const { sequence, table, operation, body } of changesOf(world.record, world.name, { last })) {
    const { before, after } = JSON.parse(body);
    const changes = logged.get(sequence) ?? [];
    changes.push({ table, operation, before: log(table, before ?? null), after: log(table, after ?? null) });
    logged.set(sequence, changes);
  }
  return logged;
}

test('the recording of a history is what the log holds of it: every transaction, time, row, order and value', async () => {
  world.pipeline.start('normalizer');
  // What commits before the connector has its place in the binary log is told by the snapshot.
  await waitFor('the definitions of the snapshot', async () => {
    const [known] = await world.record.query<{ tables: string }>(
      'select count(*) as tables from audit.schema_versions',
    );
    return Number(known?.tables) >= TABLES ? true : undefined;
  });
  const given = ['--seed', dials.seed, '--days', `${dials.days}`, '--sales-per-day', `${dials.salesPerDay}`];
  await runToEnd({
    file: 'generator/src/main.ts',
    arguments: [
      'history',
      '--database',
      world.name,
      '--scenario',
      SCENARIO,
      '--until',
      UNTIL,
      ...given,
      '--no-disk-waits',
    ],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(world.directory, 'generator.log'),
  });
  const last = await untilCaughtUp(world, ['normalizer']);

  const recorded: readonly Recorded[] = [...recordAll(history(options))];
  // The log also holds what others define on this server meanwhile: definitions are no acts of the history.
  const transactions = (await transactionsOf(world.record, world.name, last - 1))
    .filter(({ kind }) => kind === 'transaction')
    .slice(-recorded.length);
  const changes = await loggedChanges(last);
  const { source } = await makeMasks();
  expect(transactions.map(({ commitTime }) => commitTime)).toEqual(recorded.map(({ at }) => at));
  for (const [place, { sequence }] of transactions.entries()) {
    const rows = recorded[place]?.rows.map((row) => ({
      ...row,
      before: source(row.table, row.before),
      after: source(row.table, row.after),
    }));
    expect(changes.get(sequence)).toEqual(rows);
  }
  expect(recorded.length).toBeGreaterThan(1000);
}, 300_000);
