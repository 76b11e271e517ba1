import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProgram } from '@overlay/infra';
import { isLanding } from '../kit/landing.ts';
import { headsOf } from '../kit/record.ts';
import { metricOf, portOf } from '../kit/service.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const TAKEOVER_MS_MAX = 20_000;
const WAKE_MS_MAX = 30_000;
const TRIES_MAX = 20;

/** The copy that lands is frozen in the middle of a landing, a second one takes over, the first one wakes and tries to go on. */
export const zombie: Fault = {
  name: 'F03',
  what: 'a landing copy is frozen for 30 seconds while another takes over, then wakes',
  async play(arena) {
    const scene = await setScene(arena, { name: 'f03', servers: await arena.servers(), oracle: { largeRows: 4000 } });
    const first = scene.start('normalizer');
    await quiesce(scene.world);
    const copies = [first, scene.start('normalizer')];
    for (const copy of copies) await portOf(copy);
    const endLoad = scene.oracle.start({ perSecond: 40, largeEvery: 25 });
    const rounds = [];
    for (let round = 0; round < (arena.isShort ? 1 : 3); round++) rounds.push(await playRound(arena, scene, copies));
    await endLoad();
    const ended = copies.filter((copy) => !copy.isRunning()).map(({ pid }) => `copy ${pid} has ended`);
    arena.check('copies live on', ended);
    await coreCheck(arena, scene);
    return { ...scene.oracle.tally(), rounds };
  },
};

async function playRound(arena: Arena, { world }: Scene, copies: readonly RunningProgram[]) {
  const frozen = await freezeInLanding(world, copies);
  const before = await landedOf(world);
  const begin = Date.now();
  await waitFor(
    'the other copy to land',
    async () => ((await landedOf(world)) > before ? true : undefined),
    TAKEOVER_MS_MAX,
  );
  const takeover_s = (Date.now() - begin) / 1000;
  await sleep(arena.isShort ? 4000 : 30_000 - takeover_s * 1000);
  frozen.kill('SIGCONT');
  const fenced = await waitFor(
    'the woken copy to be fenced',
    async () => (await metricOf(frozen, 'audit_fenced_total')) || undefined,
    WAKE_MS_MAX,
  ).catch(() => 0);
  arena.check(
    'zombie refused',
    fenced >= 1 ? [] : ['the woken copy did not count a refused landing in audit_fenced_total'],
  );
  arena.tell(`the other copy landed after ${takeover_s} s; the woken one was refused ${fenced} times`);
  return { takeover_s, fenced };
}

/** Stops the copy that has the partition while its landing is open in Postgres; gives it. */
async function freezeInLanding(world: World, copies: readonly RunningProgram[]): Promise<RunningProgram> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await waitFor(
      'a landing to be open',
      async () => ((await isLanding(world, 'normalizer')) ? true : undefined),
      30_000,
      5,
    );
    const owner = ownerAmong(copies);
    owner.kill('SIGSTOP');
    await sleep(200); // what had been sent already takes effect
    if (await isLanding(world, 'normalizer')) return owner;
    owner.kill('SIGCONT');
    await sleep(500);
  }
  throw new Error(`no copy could be frozen in a landing in ${TRIES_MAX} tries`);
}

const landedOf = async (world: World): Promise<number> => (await headsOf(world))[0]?.landed ?? 0;

/** The copy that opened the source last has the partition. */
function ownerAmong(copies: readonly RunningProgram[]): RunningProgram {
  const [first] = copies;
  const opened = readFileSync(first?.log ?? '', 'utf8')
    .split('\n')
    .filter((line) => line.includes('"source opened"'))
    .map((line) => (JSON.parse(line) as { pid: number }).pid);
  const owner = copies.find(({ pid }) => pid === opened.at(-1));
  if (!owner) throw new Error('no copy has opened the source');
  return owner;
}
