import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditctl } from './kit/auditctl.ts';
import { untilCaughtUp } from './kit/record.ts';
import { waitFor } from './kit/wait.ts';
import { madeBy, makeWorld, type World } from './kit/world.ts';

const STAGES = ['normalizer', 'inferencer', 'anomaly-scorer'] as const;
const folder = mkdtempSync(join(tmpdir(), 'overlay-pack-'));
let world: World;

/** A till: one table, one event for each row, and from version 2 on somebody who finds each of them strange. */
const packOf = (version: number, event: string): string => `name: till
version: ${version}
title: Till
timeZone: Europe/Berlin
currency: EUR
openingHours: { default: { open: "08:00", close: "20:00" } }
tables: { till: { key: [id] }, roles: { key: [role_id], label: name } }
actors: { labels: roles, columns: [] }
rules:
${['till.sold', 'till.booked'].map((type) => ruleOf(version, type, type === event)).join('')}detectors:
  - id: till.any
    version: 1
    family: till
    method: large_value
    event: till.booked
    entity: { type: booking, id: payload.amount, label: payload.amount }
    value: double(payload.amount)
    series: { all: "'all'" }
    prior: { typical: 4, spread: 0.8, strength: 20 }
    halfLifeDays: 28
    severity: { low: 3, medium: 3.5, high: 4.2, critical: 5 }
    policies: [{ id: always, when: "true", weight: 20, severity: critical }]
    reasons: [It is there.]
report: { sections: [] }
`;

const ruleOf = (version: number, event: string, isUsed: boolean): string => `  - id: ${event}
    version: ${version}
    event: ${event}
    anchor: { table: till, operations: [INSERT], where: "${isUsed}" }
    entity: { type: booking, id: after.id }
    payload: { amount: { value: after.amount, type: integer, comment: What was booked } }
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'pack.yaml'), packOf(1, 'till.sold'));
  world = await makeWorld({
    name: 'packs',
    packDirectory: folder,
    makeSource: madeBy(
      'create table till (id int primary key auto_increment, amount int not null)',
      'create table roles (role_id int primary key auto_increment, name varchar(60) not null)',
    ),
    environment: { KAFKA_SESSION_MS: '2000' },
  });
});
afterAll(() => world?.close());

interface InForce {
  readonly version: number;
  readonly fromSequence: number;
}

async function packs(): Promise<readonly InForce[]> {
  const { said } = await auditctl(world, 'packs', '--json');
  return (JSON.parse(said) as { packs: readonly InForce[] }).packs;
}

/** The events of the sequences of bookings from one on, in order: their types. */
async function typesFrom(first: number, last: number): Promise<readonly (readonly [sequence: number, type: string])[]> {
  const rows = await world.record.query<{ sequence: string; event_type: string | null }>(
    `select c.sequence, b.event_type from audit.change_events c left join audit.business_events b using (source, sequence)
      where c.table_name = 'till' and c.operation = 'INSERT' and c.sequence between $1 and $2 order by c.sequence`,
    [first, last],
  );
  return rows.map(({ sequence, event_type }) => [Number(sequence), String(event_type)]);
}

test('a version that is raised in the folder comes into force at one sequence, for every stage, also when a stage is killed meanwhile', async () => {
  for (const stage of STAGES) world.pipeline.start(stage);
  await untilCaughtUp(world, STAGES);
  const traffic = sell();
  await waitFor('bookings', async () => ((await typesFrom(1, 1e9)).length > 100 ? true : undefined));

  writeFileSync(join(folder, 'pack.yaml'), packOf(2, 'till.booked'));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const stage of STAGES) {
    world.pipeline.running(stage)?.kill();
    await world.pipeline.running(stage)?.exited;
    world.pipeline.start(stage);
  }
  const [newest] = await waitFor('version 2', async () => {
    const known = await packs();
    return known.length === 2 ? known : undefined;
  });
  const before = (await typesFrom(1, 1e9)).length;
  await waitFor('more bookings', async () => ((await typesFrom(1, 1e9)).length > before + 100 ? true : undefined));
  await traffic.stop();
  const last = await untilCaughtUp(world, STAGES);

  const from = newest?.fromSequence ?? 0;
  expect(newest?.version).toBe(2);
  const types = await typesFrom(1, last);
  expect(types.filter(([sequence, type]) => type !== (sequence < from ? 'till.sold' : 'till.booked'))).toEqual([]);
  expect(new Set(types.map(([, type]) => type)).size).toBe(2);
  const [strange] = await world.record.query<{ first: string; count: string; events: string }>(
    `select min(sequence) as first, count(*) as count, (select count(*) from audit.business_events where event_type = 'till.booked') as events
      from audit.anomalies`,
  );
  expect(Number(strange?.first)).toBeGreaterThanOrEqual(from);
  expect(strange?.count).toBe(strange?.events);
}, 180_000);

test('a pack with a mistake, or one that changed and kept its version, is told and not taken', async () => {
  writeFileSync(join(folder, 'pack.yaml'), packOf(3, 'till.sold').replace('anchor:', 'ancor:'));
  const log = () => readFileSync(world.pipeline.running('normalizer')?.log ?? '', 'utf8');
  await waitFor('the mistake to be told', async () =>
    /pack not taken: .*unknown key 'ancor'/.test(log()) ? true : undefined,
  );
  writeFileSync(join(folder, 'pack.yaml'), packOf(2, 'till.sold'));
  await waitFor('the rewriting to be told', async () =>
    log().includes("on record with other content: raise the pack's version") ? true : undefined,
  );
  expect(await packs()).toHaveLength(2);
});

test('auditctl puts a version in force, and says where; it refuses one that is', async () => {
  const other = mkdtempSync(join(tmpdir(), 'overlay-pack-'));
  writeFileSync(join(other, 'pack.yaml'), packOf(3, 'till.sold'));
  const first = await auditctl(world, 'packs', 'activate', other, '--by', 'an auditor');
  const [newest] = await packs();
  expect(first).toMatchObject({ code: 0, said: expect.stringContaining(`done at sequence ${newest?.fromSequence}`) });
  expect(newest?.version).toBe(3);
  const again = await auditctl(world, 'packs', 'activate', other);
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('version 3 of pack till is in force') });
});

/** Books something now and then until it is stopped. */
function sell(): { readonly stop: () => Promise<void> } {
  let isOver = false;
  const selling = (async () => {
    for (let n = 1; !isOver; n++) {
      await world.source.query('insert into till (amount) values (?)', [n]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await selling;
    },
  };
}
