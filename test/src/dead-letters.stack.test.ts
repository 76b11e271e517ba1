import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeadLetterList, DeadLetters } from '@overlay/api';
import { registerConnector, runToEnd, SERVICES } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';
import { auditctl } from './kit/auditctl.ts';
import { expectEveryRowRebuilt } from './kit/checks.ts';
import { headsOf } from './kit/record.ts';
import { metricOf, readinessOf } from './kit/service.ts';
import { denseRecords, readTopic } from './kit/topics.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

/** The connector writes under this name; the test copies what it writes to the raw topic of the source, one record torn. */
const ORIGIN = 'letters_origin';
const ROWS = 40;
const NOTE = 'a note that stands in no log';

let world: World;
let broker: Broker;
let copied = 0;

beforeAll(async () => {
  world = await makeWorld({ name: 'letters', makeSource: makePharmacy, registersConnector: false });
  await registerConnector(world.servers, { source: ORIGIN, database: world.name });
  broker = new Broker(world.servers.kafka.brokers, 'test', makeLogger('test', 'error'));
  await broker.connect();
  await broker.ensureTopic(rawTopic(world.name), { partitions: 1, replicas: 1, retentionMs: 3_600_000 });
}, 120_000);
afterAll(async () => {
  await broker?.close();
  await fetch(`${world.servers.connect.url}/connectors/${ORIGIN}`, { method: 'DELETE' });
  await world?.close();
});

/** Copies what the connector wrote since the last time, up to a marked row, each value as `change` has it; gives the values. */
async function copy(change: (value: string) => string = (value) => value): Promise<readonly string[]> {
  const marker = `marker ${Date.now()} ${copied}`;
  await world.source.query('insert into roles (name) values (?)', [marker]);
  const values = await waitFor('the connector to write the marker', async () => {
    const all = (await readTopic(rawTopic(ORIGIN), world)).map(({ value }) => value?.toString('utf8') ?? '');
    const at = all.findIndex((value) => value.includes(marker));
    const end = all.findIndex((value, index) => index > at && value.includes('"status":"END"'));
    return at < 0 || end < 0 ? undefined : all.slice(copied, end + 1);
  });
  copied += values.length;
  await broker.publish(
    rawTopic(world.name),
    0,
    values.map((value) => ({ key: 'test', value: Buffer.from(change(value)) })),
  );
  await waitFor('every stage to catch up', async () => {
    const [marked] = await world.record.query<{ sequence: string }>(
      "select sequence from audit.change_events where table_name = 'roles' and strpos(body::text, $1) > 0",
      [marker],
    );
    const heads = await headsOf(world);
    const isThrough = (sequence: number) =>
      heads.length === SERVICES.length && heads.every(({ published }) => published >= sequence);
    return marked && isThrough(Number(marked.sequence)) ? true : undefined;
  });
  return values;
}

const tornOf = (value: string): string => value.slice(0, Math.floor(value.length / 2));

test('one bad record of forty: the transaction is set aside whole, later ones land, a repair brings it back everywhere', async () => {
  for (const service of SERVICES) world.pipeline.start(service);
  await runToEnd({
    file: 'generator/src/main.ts',
    arguments: ['history', '--database', world.name, '--days', '1', '--sales-per-day', '30'],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(world.directory, 'generator.log'),
  });
  await copy();

  await world.source.query(
    `insert into inventory_adjustments
        (branch_id, product_id, old_qty, new_qty, reason_code, adjusted_by_user_id, adjusted_at, notes)
      select branch_id, product_id, 10, 9, 'DAMAGE', (select min(user_id) from users), now(), ? from inventory limit ${ROWS}`,
    [NOTE],
  );
  let rows = 0;
  const values = await copy((value) => (value.includes(NOTE) && ++rows === 25 ? tornOf(value) : value));
  expect(rows).toBe(ROWS);

  const [aside] = await world.record.query<{ sequence: string; transaction_id: string; raw_digest: string }>(
    "select sequence, transaction_id, raw_digest from audit.transactions where kind = 'set_aside'",
  );
  const sequence = Number(aside?.sequence);
  expect(aside?.raw_digest).toMatch(/^[0-9a-f]{64}$/);
  const list = JSON.parse((await auditctl(world, '--json', 'dead-letters', 'list')).said) as DeadLetterList;
  expect(list.units).toMatchObject([
    {
      source: 'letters',
      stage: 'normalizer',
      sequence,
      count: ROWS + 2,
      codes: { 'raw.not_json': 1 },
      repairedBy: null,
    },
  ]);
  const status = await auditctl(world, 'status');
  expect([status.code, status.said]).toEqual([6, expect.stringContaining(aside?.transaction_id ?? '?')]);
  await expect(expectEveryRowRebuilt(world)).rejects.toThrow();

  // Nothing of a row in clear: neither in the table, nor in a log, nor in what is printed without the key.
  const [clear] = await world.record.query<{ text: string }>(
    "select string_agg(encode(record_value, 'escape') || detail, '') as text from audit.dead_letters",
  );
  expect(clear?.text).not.toContain(NOTE);
  for (const service of SERVICES)
    expect(readFileSync(join(world.directory, `${service}.log`), 'utf8')).not.toContain(NOTE);

  const shown = JSON.parse(
    (await auditctl(world, '--json', 'dead-letters', 'show', String(sequence))).said,
  ) as DeadLetters;
  const first = values.findIndex((value) => value.includes('"BEGIN"') && value.includes(aside?.transaction_id ?? '?'));
  const raw = values.slice(first, first + ROWS + 2);
  expect(shown.letters.map(({ value }) => value)).toEqual(
    raw.map((value, index) => (index === 25 ? tornOf(value) : value)),
  );

  const refused = await auditctl(world, 'dead-letters', 'repair', 'letters', String(sequence), '--by', 'ana');
  expect([refused.code, refused.said]).toEqual([1, expect.stringContaining('record 26 cannot be read')]);

  // Printed, corrected by hand, and handed in.
  const file = join(world.directory, 'corrected.jsonl');
  const printed = (await auditctl(world, 'dead-letters', 'show', String(sequence), '--values')).said
    .trimEnd()
    .split('\n');
  expect(printed).toHaveLength(ROWS + 2);
  writeFileSync(file, `${printed.with(25, raw[25] ?? '').join('\n')}\n`);
  const repaired = await auditctl(world, 'dead-letters', 'repair', 'letters', String(sequence), '--file', file);
  expect([repaired.code, repaired.said]).toEqual([0, expect.stringContaining('done at sequence')]);

  await copy();
  await expectEveryRowRebuilt(world);
  const [repair] = await world.record.query<{
    sequence: string;
    repairs: string;
    item_count: number;
    transaction_id: string;
  }>("select sequence, repairs, item_count, transaction_id from audit.transactions where kind = 'repair'");
  expect(repair).toMatchObject({ repairs: String(sequence), item_count: ROWS, transaction_id: aside?.transaction_id });
  const events = await world.record.query<{ count: string }>(
    "select count(*) as count from audit.business_events where event_type = 'inventory.adjustment' and sequence = $1",
    [repair?.sequence],
  );
  expect(events).toEqual([{ count: String(ROWS) }]);
  // Connect is shared: a connector that another test is just making has no task yet.
  const whole = await waitFor('status to be quiet', async () => {
    const status = await auditctl(world, 'status');
    return status.code === 0 || !/^ {2}connector \w+ has no task$/m.test(status.said) ? status : undefined;
  });
  expect([whole.code, whole.said]).toEqual([0, expect.stringContaining('All is well')]);
  expect((await auditctl(world, 'dead-letters', 'repair', 'letters', String(sequence))).said).toContain(
    'was repaired by',
  );
  for (const topic of ['transactions', 'business-events', 'anomalies', 'narratives']) {
    const records = denseRecords(await readTopic(`${world.topicPrefix}audit.${topic}`, world));
    expect(records[Number(repair?.sequence) - 1]).toContain(
      `"kind":"repair","last":true,"piece":0,"repairs":${sequence},`,
    );
  }
}, 300_000);

test('a transaction without its end is told of, and lands when the end has come', async () => {
  await world.pipeline.running('normalizer')?.stop();
  const normalizer = world.pipeline.start('normalizer', { WAITING_ALARM_S: '6' });
  const values = (await readTopic(rawTopic(world.name), world)).map(({ value }) => value?.toString('utf8') ?? '');
  const at = values.findLastIndex((value) => value.includes('"status":"BEGIN"'));
  const id = (JSON.parse(values[at] ?? '{}') as { id: string }).id;
  const other = '00000000-1111-2222-3333-444444444444:7';
  const whole = values.slice(at).map((value) => value.replaceAll(id, other));
  const append = (some: readonly string[]) =>
    broker.publish(
      rawTopic(world.name),
      0,
      some.map((value) => ({ key: 'test', value: Buffer.from(value) })),
    );
  await append(whole.slice(0, -1));
  await waitFor('the alarm', async () =>
    (await readinessOf(normalizer)).down.includes('transaction of letters') ? true : undefined,
  );
  const status = await auditctl(world, 'status');
  expect(status.said).toContain(`not whole: ${other} of letters: normalizer has ${whole.length - 1} records of it`);
  expect(await metricOf(normalizer, 'audit_waiting_seconds')).toBeGreaterThan(5);
  const landed = () =>
    world.record.query('select item_count from audit.transactions where transaction_id = $1', [other]);
  expect(await landed()).toEqual([]);
  await append(whole.slice(-1));
  await waitFor('it to land', async () => ((await landed()).length > 0 ? true : undefined));
  await waitFor('the alarm to end', async () =>
    (await readinessOf(normalizer)).down.includes('transaction of letters') ? undefined : true,
  );
  expect(await world.record.query('select * from audit.waiting')).toEqual([]);
}, 240_000);
