import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, watchConnectors } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';
import { makeRandom } from '../kit/random.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const LARGE_ROWS = 20_000;
const RECOVER_S_MAX = 60;
/** The short play runs beside other tests, whose servers take their share of the machine. */
const SHORT_RECOVER_S_MAX = 150;

/** Connect is killed in the middle of a large transaction, with the worker's exactly-once support and without. */
export const connectKilled: Fault = {
  name: 'F04',
  what: 'Connect is killed inside a transaction of 20,000 rows, ten times, at least once and exactly once',
  async play(arena) {
    const kills = arena.isShort ? 1 : 10;
    const modes = [await playMode(arena, false, kills), await playMode(arena, true, kills)];
    return { kills, modes };
  },
};

async function playMode(arena: Arena, exactlyOnce: boolean, kills: number) {
  const stack = await arena.ownStack({ exactlyOnce });
  const watching = new AbortController();
  arena.onEnd(async () => watching.abort());
  watchConnectors(stack.connect.url, { signal: watching.signal });
  const scene = await setScene(arena, {
    name: exactlyOnce ? 'f04once' : 'f04least',
    servers: stack,
    oracle: { largeRows: LARGE_ROWS },
  });
  scene.start('normalizer');
  await quiesce(scene.world); // so that what follows comes as transactions, not as rows of the snapshot
  await scene.oracle.run({ transactions: 200, perSecond: 200 });
  const broker = new Broker(stack.kafka.brokers, 'fault', makeLogger('fault', 'error'));
  await broker.connect();
  arena.onEnd(() => broker.close());
  const recovered_s: number[] = [];
  let tries = 0;
  while (recovered_s.length < kills && tries++ < 3 * kills) {
    const seconds = await killInside(arena, scene, stack, broker);
    if (seconds !== undefined) recovered_s.push(seconds);
  }
  const mode = exactlyOnce ? 'exactly once' : 'at least once';
  const longest = arena.isShort ? SHORT_RECOVER_S_MAX : RECOVER_S_MAX;
  const slow = recovered_s.filter((seconds) => seconds > longest);
  arena.check(
    'recovers',
    slow.map((seconds) => `${mode}: it took ${seconds} s until the transaction had landed`),
  );
  arena.check(
    'killed inside',
    recovered_s.length < kills ? [`${mode}: only ${recovered_s.length} of ${kills} kills were inside`] : [],
  );
  await coreCheck(arena, scene);
  return { exactlyOnce, tries, recovered_s, ...scene.oracle.tally() };
}

/** One large transaction, Connect killed once some of its rows are on the topic; gives the seconds from there until it has landed. */
async function killInside(
  arena: Arena,
  { world, oracle }: Scene,
  stack: Stack,
  broker: Broker,
): Promise<number | undefined> {
  const topic = rawTopic(world.name);
  const high = async () => (await broker.watermarks(topic)).get(0)?.high ?? 0;
  await oracle.run({ transactions: 40, perSecond: 400 });
  await quiesce(world);
  const before = await high();
  const wanted = makeRandom(arena.seed, 'kill', before).whole(500, LARGE_ROWS - 8000);
  await oracle.run({ transactions: 1, workers: 1, perSecond: 1000, largeEvery: 1 });
  while ((await high()) < before + wanted) await sleep(1);
  const begin = Date.now();
  await stack.kill('connect');
  const seen = (await high()) - before;
  const isInside = seen < LARGE_ROWS;
  arena.tell(`${world.name}: killed Connect with ${seen} of ${LARGE_ROWS} rows on the topic`);
  await stack.restart('connect');
  await quiesce(world, { ms: 180_000 });
  const seconds = (Date.now() - begin) / 1000;
  arena.tell(`${world.name}: all of it had landed ${seconds} s after the kill`);
  return isInside ? seconds : undefined;
}
