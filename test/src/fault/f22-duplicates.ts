import { stopConnector } from '../bench/capture.ts';
import { logDigest } from '../kit/log.ts';
import { makeRandom, type Random } from '../kit/random.ts';
import { describeRaw, openRaw, type RawMessage } from '../kit/raw.ts';
import { readTopic } from '../kit/topics.ts';
import { sameAgain } from '../oracle/checks.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

/** Raw records come again: whole transactions, parts, single records, everything; and a connector that goes back again and again. */
export const duplicates: Fault = {
  name: 'F22',
  what: 'duplicated raw records, the group reset to earliest, and a connector that goes back again and again',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f22',
      servers: await arena.servers(),
      source: { bulkRows: 1500 },
      oracle: { largeRows: 2000 },
    });
    const normalizer = scene.start('normalizer');
    await quiesce(scene.world); // so that what follows comes as transactions, not as rows of the snapshot
    await scene.oracle.run({
      transactions: arena.isShort ? 300 : 2000,
      perSecond: 200,
      largeEvery: arena.isShort ? 20 : 40,
    });
    const { last } = await quiesce(scene.world);
    const before = await logDigest(scene.world.record, scene.world.name, last);
    const raw = await openRaw(scene.world);
    arena.onEnd(() => raw.close());

    const repeated = await appendRepeats(arena, scene, raw.append);
    await quiesce(scene.world);
    await normalizer.stop();
    await raw.resetGroup(`${scene.world.topicPrefix}audit-normalizer`);
    scene.start('normalizer');
    await scene.oracle.run({ transactions: 100, perSecond: 200 });
    const core = await coreCheck(arena, scene);
    const after = await logDigest(scene.world.record, scene.world.name, last);
    arena.check(
      'same bytes',
      before.sha256 === after.sha256 ? [] : [`repeats changed the log: ${JSON.stringify({ before, after })}`],
    );

    await scene.world.pipeline.stop();
    // From here on nobody else writes: the connector would, for whatever is defined on the server.
    await stopConnector(scene.world.servers, scene.world.name);
    const original = (await readTopic(raw.topic, scene.world)).map(describeRaw);
    const stuttered = stutter(original, makeRandom(arena.seed, 'stutter'), arena.isShort ? 100 : 500);
    await raw.remake();
    await raw.append(stuttered.map(({ text }) => text));
    arena.tell(`${stuttered.length - original.length} of ${stuttered.length} raw records are repeats now`);
    arena.check('same from a stutter', await sameAgain(scene.world, core.last, 300_000));
    return { ...scene.oracle.tally(), repeated, stuttered: stuttered.length - original.length, last: core.last };
  },
};

/** Appends to the raw topic once more: a whole transaction, the first half of one, one record, all of the last ones. Gives how many records. */
async function appendRepeats(
  arena: Arena,
  { world }: Scene,
  append: (values: readonly string[]) => Promise<void>,
): Promise<number> {
  const messages = (await readTopic(`cdc.${world.name}`, world)).map(describeRaw);
  const random = makeRandom(arena.seed, 'repeats');
  const transactions = [
    ...Map.groupBy(
      messages.filter(({ kind }) => kind !== 'other'),
      ({ gtid }) => gtid,
    ).values(),
  ].filter((one) => one.length > 4);
  const repeats: RawMessage[] = [];
  for (let times = 0; times < 20; times++) {
    const [whole, half, one] = [random.pick(transactions), random.pick(transactions), random.pick(transactions)];
    const row = random.pick(one.filter(({ kind }) => kind === 'row'));
    repeats.push(...whole, ...half.slice(0, Math.ceil(half.length / 2)), row);
  }
  repeats.push(...messages.slice(-1000));
  await append(repeats.map(({ text }) => text));
  return repeats.length;
}

/** What a connector writes that is killed again and again: at some record it goes back, to a BEGIN or into the middle of a transaction. */
function stutter(messages: readonly RawMessage[], random: Random, times: number): readonly RawMessage[] {
  const first = messages.findIndex(({ kind }) => kind === 'begin');
  const stops = Array.from({ length: times }, () => random.whole(first + 1, messages.length - 1)).sort((a, b) => a - b);
  const written: RawMessage[] = [];
  let next = 0;
  for (const stop of stops) {
    written.push(...messages.slice(next, stop));
    next = Math.max(first, stop - random.whole(0, random.chance(0.1) ? 3000 : 60));
  }
  return [...written, ...messages.slice(next)];
}
