import { rawTopic } from '@overlay/model';
import { isLanding } from '../kit/landing.ts';
import { watchMemory } from '../kit/memory.ts';
import { openRaw } from '../kit/raw.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import { quiesce } from '../oracle/quiesce.ts';
import { readPieces } from '../oracle/topic.ts';
import { watchReads } from '../oracle/watch-reads.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const MEMORY_MB_MAX = 512;
const STAGES = ['normalizer', 'inferencer'] as const;
const COLUMNS = 1000;
const PATIENCE_MS = 900_000;

/** A transaction, a row, a table and a schema that are larger than anybody planned for. */
export const huge: Fault = {
  name: 'F32',
  what: 'a transaction of a million rows, killed in its middle; a row of 16 MB; a thousand columns; two thousand tables',
  async play(arena) {
    const rows = arena.isShort ? 100_000 : 1_000_000;
    return {
      transaction: await playTransaction(arena, rows),
      row: await playRow(arena, arena.isShort ? 2 : 16),
      schema: await playSchema(arena, arena.isShort ? 200 : 2000),
    };
  },
};

async function playTransaction(arena: Arena, rows: number) {
  const scene = await setScene(arena, {
    name: 'f32rows',
    servers: await arena.servers(),
    source: { statements: ['create table many (id int primary key, v varchar(60) not null)'] },
    // The default. A member that is taken for dead begins the transaction again: the short session of the scenes is too short on a busy machine.
    environment: { KAFKA_SESSION_MS: '10000' },
  });
  const { world, oracle } = scene;
  for (const stage of STAGES) scene.start(stage);
  await quiesce(world, { stages: STAGES });
  await oracle.run({ transactions: 250, perSecond: 250 });
  const endReads = watchReads(world);
  const endMemory = watchMemory(() => STAGES.map((stage) => world.pipeline.running(stage)));
  const began = Date.now();
  await killInReading(arena, scene, rows);
  await killInLanding(arena, scene, rows);
  scene.start('normalizer');
  await quiesce(world, { stages: STAGES, ms: PATIENCE_MS });
  const landed_s = (Date.now() - began) / 1000;
  const peak_mb = await endMemory();
  arena.check(
    'memory',
    peak_mb <= MEMORY_MB_MAX ? [] : [`a stage needed ${peak_mb} MB for ${rows} rows, of ${MEMORY_MB_MAX}`],
  );
  arena.tell(`${rows} rows had landed and were published after ${landed_s} s; ${peak_mb} MB at most`);
  const { last } = await coreCheck(arena, scene, { stages: STAGES, ms: PATIENCE_MS });
  const { reads, partial } = await endReads();
  arena.check('no partial read', [...partial, ...(reads < 20 ? [`only ${reads} reads were made`] : [])]);
  arena.check('in pieces', await inPieces(world, last, rows));
  await world.pipeline.stop();
  return { ...oracle.tally(), rows, landed_s, peak_mb, reads };
}

/** Writes the transaction, and kills the stage once a part of it is on the raw topic. */
async function killInReading(arena: Arena, { world }: Scene, rows: number): Promise<void> {
  const raw = await openRaw(world);
  arena.onEnd(() => raw.close());
  const before = await raw.high();
  await world.source.query('set session cte_max_recursion_depth = 100000000');
  await world.source.query(
    `insert into many with recursive n (i) as (select 1 union all select i + 1 from n where i < ?) select i, concat('row number ', i) from n`,
    [rows],
  );
  await waitFor(
    `a part on ${rawTopic(world.name)}`,
    async () => ((await raw.high()) > before + rows / 2 ? true : undefined),
    PATIENCE_MS,
    20,
  );
  world.pipeline.running('normalizer')?.kill();
  arena.check('nothing visible', await nothingVisible(world, 'while it was read'));
}

/** Kills the stage while its rows are on their way into the database. */
async function killInLanding(arena: Arena, scene: Scene, rows: number): Promise<void> {
  const { world } = scene;
  const program = scene.start('normalizer');
  // The snapshot and small transactions land in no time: a landing that is open after a while is the large one.
  await waitFor(
    'the large landing to be open',
    async () => {
      if (!(await isLanding(world, 'normalizer'))) return undefined;
      await new Promise((resolve) => setTimeout(resolve, Math.min(2000, rows / 500)));
      return (await isLanding(world, 'normalizer')) ? true : undefined;
    },
    PATIENCE_MS,
    20,
  );
  program.kill();
  await program.exited;
  arena.check('nothing visible', await nothingVisible(world, 'while it landed'));
}

async function nothingVisible({ record }: World, when: string): Promise<Findings> {
  const [seen] = await record.query<{ n: number }>(
    "select count(*)::integer as n from audit.change_events where table_name = 'many'",
  );
  return seen?.n === 0 ? [] : [`${seen?.n} rows were visible when the stage was killed ${when}`];
}

/** The topic has the transaction in many pieces, one after the other, which together hold all of its rows. */
async function inPieces(world: World, last: number, rows: number): Promise<Findings> {
  const [large] = await world.record.query<{ sequence: string }>(
    'select sequence from audit.transactions where item_count = $1',
    [rows],
  );
  const sequence = Number(large?.sequence ?? 0);
  if (sequence === 0 || sequence > last) return [`no transaction of ${rows} rows is in the log`];
  const pieces = (await readPieces(world)).filter((piece) => piece.sequence === sequence);
  // A stage that died in the middle of publishing begins again from the first piece.
  const begin = pieces.findLastIndex(({ piece }) => piece === 0);
  const whole = pieces.slice(begin);
  const items = whole.reduce((sum, piece) => sum + piece.items, 0);
  return [
    ...(whole.every(({ piece }, at) => piece === at) ? [] : ['its pieces do not follow one another']),
    ...(whole.every(({ isLast }, at) => isLast === (at === whole.length - 1))
      ? []
      : ['another piece than the last says that it is the last']),
    ...(items === rows ? [] : [`its pieces hold ${items} items of ${rows}`]),
    ...(whole.length > 10 ? [] : [`it came in ${whole.length} pieces only`]),
  ];
}

async function playRow(arena: Arena, megabytes: number) {
  const scene = await setScene(arena, {
    name: 'f32row',
    servers: await arena.servers(),
    source: { statements: ['create table fat (id int primary key, words longtext, bytes longblob, n int)'] },
  });
  const { world, oracle } = scene;
  scene.start('normalizer');
  scene.start('inferencer');
  await quiesce(world, { stages: STAGES });
  await oracle.run({ transactions: 220, perSecond: 250 });
  const endMemory = watchMemory(() => STAGES.map((stage) => world.pipeline.running(stage)));
  const size = megabytes * 1024 * 1024 - 100;
  await world.source.query('insert into fat values (1, repeat(?, ?), null, 0)', ['é', size / 2]);
  await world.source.query("insert into fat values (2, null, repeat(x'00ff', ?), 0)", [size / 2]);
  await world.source.query('update fat set n = 1 where id = 1');
  await world.source.query('update fat set n = 2 where id = 2');
  await world.source.query('insert into fat select id + 10, words, bytes, n from fat');
  await world.source.query('delete from fat where id = 2');
  await coreCheck(arena, scene, { stages: STAGES, pageRows: 20, ms: PATIENCE_MS });
  const peak_mb = await endMemory();
  await world.pipeline.stop();
  return { ...oracle.tally(), megabytes, peak_mb };
}

async function playSchema(arena: Arena, tables: number) {
  const columns = Array.from({ length: COLUMNS }, (_, n) => `c${n} int`).join(', ');
  const scene = await setScene(arena, {
    name: 'f32schema',
    servers: await arena.servers(),
    source: {
      statements: [
        `create table broad (id int primary key, ${columns})`,
        ...Array.from({ length: tables }, (_, n) => `create table t${n} (id int primary key, v int)`),
      ],
    },
  });
  const { world, oracle } = scene;
  for (const stage of STAGES) scene.start(stage);
  await quiesce(world, { stages: STAGES, ms: PATIENCE_MS });
  await oracle.run({ transactions: 220, perSecond: 250 });
  for (let n = 0; n < tables; n++) await world.source.query(`insert into t${n} values (1, ${n})`);
  for (let n = 0; n < tables; n += 7) await world.source.query(`alter table t${n} add column w int`);
  for (let n = 0; n < tables; n += 7) await world.source.query(`update t${n} set w = ${n}`);
  for (let id = 0; id < 200; id++)
    await world.source.query(`insert into broad (id, c0, c${id + 1}, c999) values (${id}, 1, 2, 3)`);
  await world.source.query('update broad set c500 = id where id < 100');
  await coreCheck(arena, scene, { stages: STAGES, ms: PATIENCE_MS });
  await world.pipeline.stop();
  return { ...oracle.tally(), tables, columns: COLUMNS };
}
