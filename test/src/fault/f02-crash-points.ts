import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS, type CrashPoint } from '@overlay/runtime';
import { headsOf } from '../kit/record.ts';
import { quiesce } from '../oracle/quiesce.ts';
import { topicHoldsLog } from '../oracle/topic.ts';
import { watchReads } from '../oracle/watch-reads.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const STAGES = ['normalizer', 'inferencer'] as const;
type Stage = (typeof STAGES)[number];
/** Small requests, so that there is a between in publishing; the second stage has little to say of each transaction. */
const REQUEST_BYTES = { normalizer: '100000', inferencer: '100' } as const;
const DEATH_MS_MAX = 40_000;
/** A short play has those that the test of crashes cannot time: in the middle of a landing, of publishing, and right after republishing. */
const SHORT: readonly CrashPoint[] = ['land.after_rows', 'publish.between', 'republish.after'];

/** The moment at which a service was to die, whether it did, and where it stood then. */
interface Death {
  readonly service: Stage;
  readonly point: CrashPoint;
  readonly hasDied: boolean;
  readonly landed: number;
}

type Phase = 'snapshot' | 'streaming' | 'catch-up';

/** Two stages die once at every named point, while the snapshot is read, while changes stream in, and while a backlog is worked off. */
export const crashPoints: Fault = {
  name: 'F02',
  what: 'every crash point of two stages, in snapshot, streaming and catch-up',
  async play(arena) {
    const points = arena.isShort ? CRASH_POINTS.filter((point) => SHORT.includes(point)) : CRASH_POINTS;
    const scene = await setScene(arena, {
      name: 'f02',
      servers: await arena.servers(),
      source: { bulkRows: (arena.isShort ? 8000 : 5000) * points.length, payloadBytes: 3500 },
      oracle: { largeRows: 3000 },
    });
    const endWatch = watchReads(scene.world);
    const deaths: Record<string, readonly Death[]> = {};
    deaths.snapshot = await playPhase(arena, scene, 'snapshot', points);
    const stopLoad = scene.oracle.start({ perSecond: 40 });
    deaths.streaming = await playPhase(arena, scene, 'streaming', points);
    await stopLoad();
    await scene.oracle.run({
      transactions: (arena.isShort ? 300 : 100) * points.length,
      perSecond: 200,
      largeEvery: 40,
    });
    deaths['catch-up'] = await playPhase(arena, scene, 'catch-up', points);

    for (const stage of STAGES) scene.start(stage);
    const { last } = await coreCheck(arena, scene, { stages: STAGES, ms: 300_000 });
    const { reads, partial } = await endWatch();
    arena.check('no partial read', [...partial, ...(reads < 50 ? [`only ${reads} reads were made`] : [])]);
    arena.check('topic holds the log', await topicHoldsLog(scene.world, last));
    const all = Object.values(deaths).flat();
    const died = all.filter(({ hasDied }) => hasDied).length;
    return { ...scene.oracle.tally(), combinations: all.length, died, reads, partial: partial.length };
  },
};

/**
 * Each stage dies everywhere, then goes on undisturbed until it has all of the phase. The normalizer comes first and stays, so that the second stage
 * has its output before it; it is stopped at the end, so that a backlog can grow.
 */
async function playPhase(
  arena: Arena,
  scene: Scene,
  phase: Phase,
  points: readonly CrashPoint[],
): Promise<readonly Death[]> {
  const all: Death[] = [];
  for (const [at, service] of STAGES.entries()) {
    const deaths: Death[] = [];
    for (const point of inOrder(points)) deaths.push(await dieAt(scene, service, point));
    scene.start(service);
    const { last } = await quiesce(scene.world, { stages: STAGES.slice(0, at + 1), ms: 300_000 });
    const alive = deaths
      .filter(({ hasDied }) => !hasDied)
      .map(({ point }) => `${service} did not pass ${point} in ${phase}`);
    // What dies after the phase has ended was not tested in it.
    const late = deaths.filter(({ landed }) => phase !== 'streaming' && landed >= last - 1);
    arena.check('every point', [
      ...alive,
      ...late.map(({ point }) => `${service} met ${point} after the end of ${phase}`),
    ]);
    arena.tell(
      `${phase}: ${service} died at ${deaths.filter(({ hasDied }) => hasDied).length} of ${points.length} points`,
    );
    all.push(...deaths);
  }
  for (const service of STAGES) await scene.world.pipeline.running(service)?.stop();
  return all;
}

/** `republish` is passed only by a start that follows a death between landing and publishing, so it comes right after one. */
const isRepublish = (point: CrashPoint): boolean => point.startsWith('republish.');
const inOrder = (points: readonly CrashPoint[]): readonly CrashPoint[] => [
  ...points.filter((point) => !isRepublish(point)),
  ...points.filter(isRepublish),
];

async function dieAt(scene: Scene, service: Stage, point: CrashPoint): Promise<Death> {
  if (isRepublish(point)) await dieOnce(scene, service, 'land.after_commit');
  const hasDied = await dieOnce(scene, service, point);
  const head = (await headsOf(scene.world)).find(({ stage }) => stage === service);
  return { service, point, hasDied, landed: head?.landed ?? 0 };
}

async function dieOnce(scene: Scene, service: Stage, point: CrashPoint): Promise<boolean> {
  const program = scene.start(service, { AUDIT_CRASH_AT: point, KAFKA_REQUEST_BYTES_MAX: REQUEST_BYTES[service] });
  const late = new AbortController();
  const timeout = sleep(DEATH_MS_MAX, undefined, { signal: late.signal }).catch(() => undefined);
  const exit = await Promise.race([program.exited, timeout]);
  late.abort();
  if (!exit) program.kill();
  await program.exited;
  return exit?.signal === 'SIGKILL';
}
