import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningProgram } from '@overlay/infra';
import { auditctl } from './kit/auditctl.ts';
import { untilCaughtUp } from './kit/record.ts';
import { metricOf } from './kit/service.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

let world: World;
let reconciler: RunningProgram;

beforeAll(async () => {
  world = await makeWorld({ name: 'scheduled', makeSource: makePharmacy, environment: { LOOK_S: '0.5' } });
  world.pipeline.start('normalizer');
  await untilCaughtUp(world, ['normalizer']);
  reconciler = world.pipeline.start('reconciler');
}, 120_000);
afterAll(() => world?.close());

/** As if the last comparison was made so long ago that one was missed since. */
const forget = () =>
  world.record.query(
    `insert into audit.reconciliations (source, database_name, table_name, verdict, sequence, source_rows, log_rows, differences, report, compared_at)
      values ($1, $1, 'roles', 'equal', 1, 0, 0, 0, '{}', now() - interval '2 days')
      on conflict (source, database_name, table_name) do update set compared_at = excluded.compared_at`,
    [world.name],
  );
const forgetAll = () => world.record.query("update audit.reconciliations set compared_at = now() - interval '2 days'");

test('a comparison that was missed is made up for; what it finds is a metric, and stands in status', async () => {
  const tablesThat = (verdict: string) => metricOf(reconciler, 'audit_reconcile_tables', `verdict="${verdict}"`);
  await forget();
  await waitFor('the source to be compared', async () => ((await tablesThat('equal')) > 5 ? true : undefined), 60_000);
  expect(await tablesThat('differs')).toBe(0);
  expect(await metricOf(reconciler, 'audit_reconcile_differences')).toBe(0);
  const acts = await world.record.query<{ name: string; outcome: string }>(
    "select name, outcome from analyst.self_audit where action = 'verify' and object = 'source' order by sequence",
  );
  expect(acts).toEqual([
    { name: 'reconciler', outcome: 'asked' },
    { name: 'reconciler', outcome: 'ok' },
  ]);

  await world.record.query(
    `update audit.change_events set body = replace(body::text, '"name":"marker', '"name":"forged')::json where source = $1 and table_name = 'roles'`,
    [world.name],
  );
  await forgetAll();
  await waitFor(
    'the difference to be found',
    async () => ((await tablesThat('differs')) === 1 ? true : undefined),
    60_000,
  );
  expect(await metricOf(reconciler, 'audit_reconcile_differences')).toBe(1);
  const { said, code } = await auditctl(world, 'status');
  expect([code, said]).toEqual([
    6,
    expect.stringMatching(/scheduled\.roles of source scheduled was not what the log says at .*: 1 rows differ/),
  ]);
}, 180_000);
