import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Coverage } from '@overlay/api';
import { GtidSet } from '@overlay/model';
import { auditctl } from './kit/auditctl.ts';
import { untilCaughtUp } from './kit/record.ts';
import { metricOf, readinessOf } from './kit/service.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld({ name: 'coverage', makeSource: makePharmacy, environment: { LOOK_S: '0.3' } });
  world.pipeline.start('normalizer');
  world.pipeline.start('reconciler');
  await untilCaughtUp(world, ['normalizer']);
}, 120_000);
afterAll(() => world?.close());

async function coverage(...words: string[]): Promise<Coverage> {
  const { said } = await auditctl(world, 'coverage', '--json', ...words);
  return Coverage.parse(JSON.parse(said.slice(said.indexOf('{'))));
}

/** Waits for a look at the source that sees what is asked for. */
const untilSeen = (what: string, isSeen: (seen: Coverage) => boolean): Promise<Coverage> =>
  waitFor(
    what,
    async () => {
      const seen = await coverage();
      return isSeen(seen) ? seen : undefined;
    },
    60_000,
  );

const count = ({ states }: Coverage, state: string): number =>
  states.find((one) => one.state === state)?.transactions ?? 0;

test('what the source executed is accounted for: rows, definitions, and what changes nothing captured', async () => {
  const { source } = world;
  await source.query('insert into roles (name) values (?)', ['porter']);
  await source.query('create table shelves (id int primary key, name text)');
  await source.query('truncate table shelves');
  await source.query('create index by_name on shelves (id, name(10))');
  await source.query('create or replace view porters as select * from roles');
  await source.query('drop table if exists nowhere');
  await source.query("create user if not exists 'covered'@'%' identified by 'Secret-of-covered-1'");
  await source.query("grant select on *.* to 'covered'@'%'");
  await source.query('flush privileges');
  await source.query('create database if not exists coverage_other');
  await source.query('create table if not exists coverage_other.notes (id int)');
  await source.query('insert into coverage_other.notes values (1)');
  await source.query('drop table shelves');
  const [executed] = (await source.query<never[]>('select @@global.gtid_executed as gtids'))[0] as { gtids: string }[];
  const wanted = GtidSet.parse(executed?.gtids ?? '');
  const seen = await untilSeen(
    'everything to be accounted for',
    (now) =>
      now.verdict === 'complete' && count(now, 'on_the_way') === 0 && wanted.minus(GtidSet.of(now.intervals)).isEmpty,
  );
  expect(seen).toMatchObject({ findings: [], isBeginningProven: true, lacking: [], miscounted: [], gaps: [] });
  const causes = seen.intervals.filter(({ state }) => state === 'no_captured_row').map(({ cause }) => cause);
  expect(causes).toEqual(expect.arrayContaining(['CREATE USER', 'GRANT SELECT']));
  expect(JSON.stringify(seen)).not.toContain('Secret');
  const program = world.pipeline.running('reconciler');
  if (!program) throw new Error('the reconciler does not run');
  const landed = await waitFor(
    'the service to have looked since',
    async () => {
      const told = await metricOf(program, 'audit_coverage_transactions', 'state="landed"');
      return told >= count(seen, 'landed') ? told : undefined;
    },
    30_000,
  );
  expect(landed).toBeLessThanOrEqual(count(await coverage(), 'landed'));
  expect(await metricOf(program, 'audit_coverage_transactions', 'state="unexplained"')).toBe(0);
  expect(await readinessOf(program)).toEqual({ isReady: true, down: [] });
}, 120_000);

test('a stretch is counted by its places, and a place that is not there is told of', async () => {
  const { last } = await coverage();
  expect(await coverage('--from', String(last - 1))).toMatchObject({ first: last - 1, last });
  const { said, code } = await auditctl(world, 'coverage', '--to', '1999-01-01T00:00:00Z');
  expect([code, said]).toEqual([3, expect.stringMatching(/the log of coverage begins after .*\n.*it begins at/)]);
}, 60_000);

test('a setting that lets changes pass by is found while it stands', async () => {
  const program = world.pipeline.running('reconciler');
  if (!program) throw new Error('the reconciler does not run');
  const met = () => metricOf(program, 'audit_source_check_met', 'check="retention"');
  const { source } = world;
  expect(await met()).toBe(1);
  await source.query('set global binlog_expire_logs_seconds = 60');
  try {
    await waitFor('the setting to be found', async () => ((await met()) === 0 ? true : undefined), 30_000);
    const { said, code } = await auditctl(world, 'status');
    expect([code, said]).toEqual([
      6,
      expect.stringMatching(/source coverage: retention: .*binlog_expire_logs_seconds/),
    ]);
  } finally {
    await source.query('set global binlog_expire_logs_seconds = default');
  }
  await waitFor('the setting to be right again', async () => ((await met()) === 1 ? true : undefined), 30_000);
}, 90_000);

test('a row that is taken away by the owner of the database is missed', async () => {
  const { record, name } = world;
  const [taken] = await record.query<{ sequence: string; commit_time: Date; body: string }>(
    `select sequence, commit_time from audit.change_events where source = $1 and operation = 'INSERT' order by sequence desc limit 1`,
    [name],
  );
  await record.query(
    'create temporary table kept as select * from audit.change_events where source = $1 and sequence = $2',
    [name, taken?.sequence],
  );
  await record.query('delete from audit.change_events where source = $1 and sequence = $2', [name, taken?.sequence]);
  const seen = await coverage();
  expect(seen.verdict).toBe('incomplete');
  expect(seen.miscounted).toMatchObject([{ sequence: Number(taken?.sequence), announced: 1, stored: 0 }]);
  await record.query(
    'create temporary table gone as select * from audit.transactions where source = $1 and sequence = 2',
    [name],
  );
  await record.query('delete from audit.transactions where source = $1 and sequence = 2', [name]);
  expect((await coverage()).lacking).toEqual([{ first: 2, last: 2 }]);
  expect((await coverage()).findings).toContain('sequence 2 has no row');
}, 60_000);
