import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SERVICES } from '@overlay/infra';
import type { Database } from '@overlay/storage';
import { auditctl } from './kit/auditctl.ts';
import { expectEveryRowRebuilt } from './kit/checks.ts';
import { openGaps } from './kit/gaps.ts';
import { untilCaughtUp } from './kit/record.ts';
import { denseRecords, readTopic } from './kit/topics.ts';
import { waitFor } from './kit/wait.ts';
import { makePharmacy, makeWorld, type World } from './kit/world.ts';

const NAMES = ['gaps_a', 'gaps_b'] as const;
const MISSING = 3;

/** Two sources in one record and in one partition of every topic. */
let worlds: readonly World[] = [];
let record: Database;

beforeAll(async () => {
  const environment = {
    SOURCES: NAMES.join(','),
    KAFKA_SESSION_MS: '2000',
    TOPIC_PREFIX: 'gaps.',
    TOPIC_PARTITIONS: '1',
  };
  for (const name of NAMES) worlds = [...worlds, await makeWorld({ name, makeSource: makePharmacy, environment })];
  record = one('gaps_a').record;
}, 120_000);
afterAll(() => Promise.all(worlds.map((world) => world.close())));

function one(name: (typeof NAMES)[number]): World {
  const [first] = worlds;
  const world = worlds.find((each) => each.name === name);
  if (!world || !first) throw new Error(`there is no world ${name}`);
  return { ...world, record: first.record, pipeline: first.pipeline, topicPrefix: 'gaps.' };
}

interface Lost {
  /** The last sequence that was published before. */
  readonly before: number;
  /** The last one that was not. */
  readonly last: number;
}

/** Lets the normalizer land some transactions of a source that it never publishes, and one more that it does. What others define on the server is among them. */
async function loseFromTopic(world: World): Promise<Lost> {
  const { pipeline, source, name } = world;
  const marked = await untilCaughtUp(world, ['normalizer']);
  await pipeline.running('normalizer')?.stop();
  const before = (await headOf(name)).published;
  const silent = pipeline.start('normalizer', { PUBLISH: 'off' });
  for (let each = 0; each < MISSING; each++)
    await source.query('insert into roles (name) values (?)', [`lost ${name} ${marked} ${each}`]);
  await waitFor('the normalizer to land what it does not publish', async () => {
    const [lost] = await record.query<{ count: string }>(
      `select count(*) from audit.change_events where source = $1 and strpos(body::text, $2) > 0`,
      [name, `lost ${name} ${marked} `],
    );
    return Number(lost?.count) === MISSING ? true : undefined;
  });
  await silent.stop();
  const last = (await headOf(name)).landed;
  await record.query("update audit.heads set published = landed where stage = 'normalizer' and source = $1", [name]);
  pipeline.start('normalizer');
  await source.query('insert into roles (name) values (?)', [`jumps ${marked}`]);
  return { before, last };
}

async function headOf(source: string): Promise<{ readonly landed: number; readonly published: number }> {
  const [head] = await record.query<{ landed: string; published: string }>(
    "select landed, published from audit.heads where stage = 'normalizer' and source = $1",
    [source],
  );
  return { landed: Number(head?.landed), published: Number(head?.published) };
}

const untilHeld = (world: World) =>
  waitFor('the gap', async () => {
    const [gap] = await openGaps(world);
    return gap;
  });

/** What a topic holds of a source, as a reader sees it that drops repeats. */
async function recordsOf(topic: string, world: World): Promise<readonly string[]> {
  const messages = await readTopic(`gaps.audit.${topic}`, world);
  return denseRecords(messages.filter(({ key }) => key?.toString() === world.name));
}

test('a gap holds its own source alone; what was published again is found, what is accepted stays dense for later stages', async () => {
  const [held, other] = [one('gaps_a'), one('gaps_b')];
  for (const service of SERVICES) held.pipeline.start(service);
  for (const world of [held, other]) await untilCaughtUp(world, SERVICES);

  // Published again, and looked for.
  const first = await loseFromTopic(held);
  const jump = await untilHeld(held);
  expect([jump.code, jump.subject]).toEqual(['sequence.jump', String(first.last + 1)]);
  await untilCaughtUp(other, SERVICES);
  await untilCaughtUp(other, SERVICES);
  expect(await openGaps(other)).toEqual([]);
  const from = String(first.before + 1);
  const again = await auditctl(held, 'republish', 'normalizer', held.name, '--from', from, '--by', 'ana');
  expect([again.code, again.said]).toEqual([0, expect.stringContaining('done')]);
  expect((await auditctl(held, 'gaps', 'decide', jump.gapId, 'retry')).code).toBe(0);
  await untilCaughtUp(held, SERVICES);
  expect(await openGaps(held)).toEqual([]);

  // Looked for in vain: the same jump once more, then accepted.
  const { before, last } = await loseFromTopic(held);
  const second = await untilHeld(held);
  expect((await auditctl(held, 'gaps', 'decide', second.gapId, 'retry')).code).toBe(0);
  const third = await waitFor('the gap to be met again', async () =>
    (await openGaps(held)).find(({ gapId }) => gapId !== second.gapId),
  );
  expect([third.code, third.subject]).toEqual([second.code, second.subject]);
  expect((await auditctl(held, 'gaps', 'decide', third.gapId, 'accept')).code).toBe(0);
  await untilCaughtUp(held, SERVICES);

  const gaps = await record.query<{ stage: string }>('select stage from audit.gaps');
  expect(gaps.map(({ stage }) => stage)).toEqual(['inferencer', 'inferencer', 'inferencer']);
  for (const topic of ['business-events', 'anomalies', 'narratives']) {
    const kinds = (await recordsOf(topic, held)).map((text) => /"kind":"(\w+)"/.exec(text)?.[1]);
    expect(new Set(kinds.slice(before, last))).toEqual(new Set(['set_aside']));
    expect(kinds.filter((kind) => kind === 'set_aside')).toHaveLength(last - before);
  }
  for (const world of [held, other]) await expectEveryRowRebuilt(world);
  const refused = await auditctl(held, 'republish', 'normalizer', held.name, '--from', '1000000');
  expect([refused.code, refused.said]).toEqual([2, expect.stringContaining('has landed up to sequence')]);
}, 240_000);
