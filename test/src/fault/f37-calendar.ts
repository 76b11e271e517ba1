import type { RunningProgram } from '@overlay/infra';
import { openGaps } from '../kit/gaps.ts';
import { logDigest } from '../kit/log.ts';
import { describeRaw, openRaw, type RawHand } from '../kit/raw.ts';
import { readTopic } from '../kit/topics.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import { type QuiesceOptions, quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

/** Moments at which a day, a week, a month or a year ends somewhere, and the ends of what MySQL can say. */
const BOUNDARIES = [
  '1971-01-01T00:00:00Z',
  '2024-03-01T00:00:00Z',
  '2025-12-29T00:00:00Z', // Monday of week 1 of 2026
  '2026-01-01T00:00:00Z',
  '2026-03-29T01:00:00Z', // clocks change in Europe
  '2026-02-01T00:00:00Z', // back in time
  '2027-01-04T00:00:00Z', // Monday after week 53 of 2026
  '2037-12-31T23:00:00Z',
];
const STEP_MS = 250;
const STEPS = 12;

/** Commit times on both sides of midnights, weeks and years, read twice; and a partition that is gone. */
export const calendar: Fault = {
  name: 'F37',
  what: 'replay across midnight, week and year boundaries; a partition is missing',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f37',
      servers: await arena.servers(),
      source: { statements: ['create table moment (id int primary key, said varchar(40) not null)'] },
    });
    const { world } = scene;
    const first = scene.start('normalizer');
    await quiesce(world);
    const said = await playMoments(world);
    await scene.oracle.run({ transactions: 250, perSecond: 250 });
    const { last } = await coreCheck(arena, scene);
    arena.check('commit times', await timesAsSaid(world, said));
    const raw = await openRaw(world);
    arena.onEnd(() => raw.close());
    arena.check('0 duplicates', await sameAfterReplay(scene, raw, first, last));
    const restarts = await playMissingPartition(arena, scene);
    arena.check('0 duplicates without a partition', await quietReplay(scene, raw));
    return { ...scene.oracle.tally(), moments: said.size, restarts };
  },
};

/** A transaction a quarter of a second, from before each boundary to after it; gives what each row says its time is. */
async function playMoments({ source }: World): Promise<ReadonlyMap<number, string>> {
  const said = new Map<number, string>();
  let id = 0;
  for (const boundary of BOUNDARIES) {
    for (let step = -STEPS; step <= STEPS; step++) {
      const at = Date.parse(boundary) + step * STEP_MS;
      await writeAt(source, at, ++id);
      said.set(id, new Date(at).toISOString().replace('Z', '000Z'));
    }
  }
  await source.query('set timestamp = default, session original_commit_timestamp = default');
  return said;
}

async function writeAt(source: World['source'], at: number, id: number): Promise<void> {
  await source.query('set timestamp = ?, session original_commit_timestamp = ?', [at / 1000, at * 1000]);
  await source.query('insert into moment values (?, ?)', [id, new Date(at).toISOString()]);
}

/** Each row stands at the time of its commit, in the partition of that week. */
async function timesAsSaid({ record, name }: World, said: ReadonlyMap<number, string>): Promise<Findings> {
  const rows = await record.query<{ id: string; time: string; week: string; place: string }>(
    `select body #>> '{after,id}' as id, body ->> 'timestamp' as time, split_part(tableoid::regclass::text, '.', -1) as place,
        'change_events_' || to_char(commit_time at time zone 'UTC', 'IYYY"w"IW') as week
      from audit.change_events where source = $1 and table_name = 'moment'`,
    [name],
  );
  const wrong = rows.filter(({ id, time, week, place }) => time !== said.get(Number(id)) || week !== place);
  const lost = said.size - rows.length;
  return [
    ...wrong
      .slice(0, 5)
      .map(({ id, time, place }) => `row ${id} of ${said.get(Number(id))} is told with ${time} in ${place}`),
    ...(lost === 0 ? [] : [`${lost} of ${said.size} moments are missing`]),
  ];
}

/** Everything comes again, and the group begins again: nothing changes. */
async function sameAfterReplay(scene: Scene, raw: RawHand, program: RunningProgram, last: number): Promise<Findings> {
  const { world } = scene;
  const before = await logDigest(world.record, world.name, last);
  await program.stop();
  await appendAll(world, raw);
  await raw.resetGroup(`${world.topicPrefix}audit-normalizer`);
  scene.start('normalizer');
  const findings = await quietly(world);
  const after = await logDigest(world.record, world.name, last);
  return before.sha256 === after.sha256
    ? findings
    : [...findings, `a replay changed the log: ${JSON.stringify({ before, after })}`];
}

async function appendAll(world: World, raw: RawHand): Promise<void> {
  const messages = (await readTopic(raw.topic, world)).map(describeRaw);
  const first = messages.findIndex(({ kind }) => kind === 'begin');
  await raw.append(messages.slice(first).map(({ text }) => text));
}

/** The partition of a week is taken away under a running stage; a transaction of that week lands all the same, once the stage was started again at most. */
async function playMissingPartition(arena: Arena, scene: Scene): Promise<number> {
  const { world } = scene;
  for (const table of ['transactions', 'change_events']) {
    const [partition] = await world.record.query<{ name: string }>(
      `select min(tableoid::regclass::text) as name from audit.${table} where commit_time < '1972-01-01'`,
    );
    await world.record.query(`drop table ${partition?.name}`);
  }
  await writeAt(world.source, Date.parse('1971-01-01T00:00:01Z'), 100_001);
  await world.source.query('set timestamp = default, session original_commit_timestamp = default');
  const program = world.pipeline.running('normalizer');
  const ended = await quietly(world, { ms: 20_000 });
  if (ended.length === 0) return 0;
  arena.tell(`without the partition: ${ended.join('; ')}`);
  await program?.stop();
  scene.start('normalizer');
  arena.check('lands without a partition', await quietly(world));
  return 1;
}

/** Transactions that left the database with their partition come again: they were accounted for, and nothing is said or written. */
async function quietReplay({ world }: Scene, raw: RawHand): Promise<Findings> {
  const count = async () =>
    (await world.record.query<{ n: string }>('select count(*) as n from audit.change_events'))[0]?.n;
  const before = Number(await count());
  await appendAll(world, raw);
  const findings = await quietly(world);
  const gaps = (await openGaps(world)).map(({ code, detail }) => `gap ${code}: ${detail}`);
  const added = Number(await count()) - before;
  return [...findings, ...gaps, ...(added <= 1 ? [] : [`${added - 1} events were written again`])];
}

async function quietly(world: World, options: QuiesceOptions = {}): Promise<Findings> {
  try {
    await quiesce(world, options);
    return [];
  } catch (thrown) {
    return [thrown instanceof Error ? thrown.message : String(thrown)];
  }
}
