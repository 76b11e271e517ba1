import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, watchConnectors } from '@overlay/infra';
import { foldTables } from '../kit/fold.ts';
import { makeRandom, type Random } from '../kit/random.ts';
import type { Findings } from '../oracle/checks.ts';
import { quiesce } from '../oracle/quiesce.ts';
import { playRandom, type RandomTally } from '../oracle/random-play.ts';
import { createStatement, makeRandomTables } from '../oracle/random-schema.ts';
import type { Arena, Fault } from './arena.ts';
import { attackRows, purgeUnread, reconciledEqual } from './f26-attacks.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const STAGES = ['normalizer', 'inferencer'] as const;
const SECONDS = 300;
const SHORT_SECONDS = 30;
/** A stage dies every few seconds, Connect once in so many. */
const KILL_MS = 4000;
const CONNECT_KILL_MS = 45_000;
const SHORT_CONNECT_KILL_MS = 12_000;

/** Everything at once: what must hold whatever a source is and does. */
export const random: Fault = {
  name: 'F26',
  what: 'a schema made at random, of all types with foreign keys, under random DML and DDL, while stages and Connect are killed',
  async play(arena) {
    const stack = await arena.ownStack();
    const watching = new AbortController();
    arena.onEnd(async () => watching.abort());
    watchConnectors(stack.connect.url, {
      signal: watching.signal,
      onEvent: ({ kind, reason }) => arena.tell(`the connector was ${kind}: ${reason}`),
    });
    const draw = makeRandom(arena.seed, 'schema');
    const tables = makeRandomTables(draw);
    const scene = await setScene(arena, {
      name: 'f26',
      servers: stack,
      source: { statements: tables.map((table) => createStatement(draw, table)) },
      environment: { LOOK_S: '0.5' },
    });
    for (const stage of STAGES) scene.start(stage);
    scene.world.pipeline.start('reconciler');
    await quiesce(scene.world, { stages: STAGES }); // so that what follows comes as changes, not as rows of the snapshot
    const kills = await playThrough(arena, scene, stack, tables);
    await coreCheck(arena, scene, { stages: STAGES, fold: foldTables, ms: 300_000 });
    arena.check('reconcile', await reconciledEqual(scene.world));
    for (const [name, findings] of await attackRows(scene.world)) arena.check(name, findings);
    arena.check('binary logs purged unread', await purgeUnread(scene, stack));
    return { ...scene.oracle.tally(), ...kills };
  },
};

async function playThrough(arena: Arena, scene: Scene, stack: Stack, tables: ReturnType<typeof makeRandomTables>) {
  const endLoad = scene.oracle.start({ perSecond: 20 });
  const endPlay = playRandom(scene.world.mysqlUrl, arena.seed, tables, arena.fail);
  const until = Date.now() + 1000 * (arena.isShort ? SHORT_SECONDS : SECONDS);
  const draw = makeRandom(arena.seed, 'kills');
  const [stages, connect] = await Promise.all([killStages(scene, draw, until), killConnect(arena, stack, until)]);
  const done = await endPlay();
  await endLoad();
  arena.tell(`${scene.world.name}: ${JSON.stringify(done)}, ${stages} stages and Connect ${connect} times killed`);
  arena.check('something was done', busy(done));
  return { ...done, stages, connect };
}

async function killStages({ world, start }: Scene, draw: Random, until: number): Promise<number> {
  let kills = 0;
  while (Date.now() < until) {
    await sleep(draw.whole(KILL_MS / 4, KILL_MS));
    const stage = draw.pick(STAGES);
    const program = world.pipeline.running(stage);
    program?.kill();
    await program?.exited;
    start(stage);
    kills++;
  }
  return kills;
}

async function killConnect({ isShort }: Arena, stack: Stack, until: number): Promise<number> {
  const pause = isShort ? SHORT_CONNECT_KILL_MS : CONNECT_KILL_MS;
  let kills = 0;
  for (await sleep(pause); Date.now() < until; await sleep(pause)) {
    await stack.kill('connect');
    await stack.restart('connect');
    kills++;
  }
  return kills;
}

/** A play in which most was refused, or a kind of DDL never came up, tells nothing. */
function busy({ transactions, refused, ddl }: RandomTally): Findings {
  const changes = Object.values(ddl).reduce((sum, count) => sum + count, 0);
  return [
    ...(transactions < 200 ? [`only ${transactions} transactions were made`] : []),
    ...(changes < 20 ? [`only ${changes} definitions were changed`] : []),
    ...(refused > 3 * transactions ? [`${refused} statements were refused beside ${transactions} transactions`] : []),
  ];
}
