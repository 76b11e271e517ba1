import { setTimeout as sleep } from 'node:timers/promises';
import { auditctl } from '../kit/auditctl.ts';
import { acceptGapsWhile, type OpenGap, openGaps } from '../kit/gaps.ts';
import { transactionsOf } from '../kit/log.ts';
import { describeRaw, openRaw, type RawHand } from '../kit/raw.ts';
import { headsOf } from '../kit/record.ts';
import { metricOf } from '../kit/service.ts';
import { readTopic } from '../kit/topics.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';
import { allOrNothing, type Findings, inOrder, nothingTwice } from '../oracle/checks.ts';
import { scanLog } from '../oracle/log.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { coreCheck, type Scene, setScene } from './scene.ts';

const SAID_S_MAX = 30;
const FINDINGS = 6;

/** Raw records are gone before they were read; the raw topic is deleted and made again. */
export const recordsLost: Fault = {
  name: 'F23',
  what: 'retention ate unread records; the raw topic is made again, under a running normalizer and while it is away',
  play: async (arena) => ({ eaten: await playEaten(arena), remade: await playRemade(arena) }),
};

async function playEaten(arena: Arena) {
  const { scene, raw } = await setRawScene(arena, 'f23eaten');
  const { world } = scene;
  await world.pipeline.stop();
  await scene.oracle.run({ transactions: 200, perSecond: 200 });
  await sleep(3000); // the connector writes the last of them
  const messages = (await readTopic(raw.topic, world)).map(describeRaw);
  const from = await storedOffset(world);
  const below = from + Math.floor((messages.length - from) / 2);
  await raw.forget(below);
  const eaten = new Set(messages.filter(({ offset }) => offset > from && offset < below).map(({ gtid }) => gtid));
  arena.tell(`retention ate offsets ${from + 1} to ${below - 1}, parts of ${eaten.size} transactions`);

  const said_s = await expectHardStop(arena, scene, 'topic.records_lost', () => scene.start('normalizer'));
  await scene.oracle.run({ transactions: 100, perSecond: 200 });
  const accepted = await acceptGapsWhile(world, quiesce(world, { mayHold: true }));
  arena.check('goes on', accepted.length === 0 ? ['nothing had to be accepted'] : []);
  arena.check(
    'no silent skip',
    await onlyEatenMissing(
      world,
      messages.filter(({ kind }) => kind === 'row').map(({ gtid }) => gtid),
      eaten,
    ),
  );
  const log = await scanLog(world);
  arena.check('I2 nothing twice', await nothingTwice(world, log));
  // The bank cannot be right where transfers are missing, but each transaction that is there is whole.
  arena.check('I3 all or nothing', allOrNothing({ ...log, prefixes: Number.POSITIVE_INFINITY, wrongTotals: [] }));
  arena.check('I4 order', inOrder(log));
  return { said_s, eaten: eaten.size, gaps: accepted.map(({ code }) => code) };
}

async function playRemade(arena: Arena) {
  const { scene, raw } = await setRawScene(arena, 'f23remade');
  const { world } = scene;
  const connector = makeConnectorSwitch(world);

  await connector('stop');
  const quiet_s = await expectHardStop(arena, scene, 'topic.recreated', () => raw.remake());
  await connector('resume');
  await scene.oracle.run({ transactions: 200, perSecond: 200 });
  const first = await acceptGapsWhile(world, quiesce(world, { mayHold: true }));

  await world.pipeline.stop();
  const stored = await storedOffset(world);
  await connector('stop');
  await raw.remake();
  await connector('resume');
  while ((await raw.high()) < stored + 100) await scene.oracle.run({ transactions: 100, perSecond: 200 });
  const said_s = await expectHardStop(arena, scene, 'topic.recreated', () => scene.start('normalizer'));
  const second = await acceptGapsWhile(world, quiesce(world, { mayHold: true }));
  arena.check('goes on', first.length + second.length < 2 ? ['a topic that was made again needed no decision'] : []);
  // Nothing was lost: the connector was stopped when the topic was deleted, and all of it had been read.
  await coreCheck(arena, scene, { gaps: ['topic.recreated'], again: false });
  return { quiet_s, said_s, gaps: [...first, ...second].map(({ code }) => code) };
}

async function setRawScene(arena: Arena, name: string): Promise<{ scene: Scene; raw: RawHand }> {
  const scene = await setScene(arena, { name, servers: await arena.servers() });
  scene.start('normalizer');
  await quiesce(scene.world);
  await scene.oracle.run({ transactions: 200, perSecond: 200 });
  await quiesce(scene.world);
  const raw = await openRaw(scene.world);
  arena.onEnd(() => raw.close());
  return { scene, raw };
}

/** The gap is on record within 30 seconds, the source is held and says so everywhere, and nothing lands until somebody decides. */
async function expectHardStop(arena: Arena, { world }: Scene, code: string, begin: () => unknown): Promise<number> {
  const landed = (await headsOf(world))[0]?.landed;
  const began = Date.now();
  const begun = begin();
  const gap = await waitFor<OpenGap>(
    'a gap on record',
    async () => (await openGaps(world))[0],
    SAID_S_MAX * 1000,
  ).catch(() => undefined);
  const said_s = (Date.now() - began) / 1000;
  await begun;
  if (!gap) {
    arena.check('I11 it says so', [`no gap was on record after ${said_s} s, where ${code} was due`]);
    return said_s;
  }
  await sleep(3000);
  const program = world.pipeline.running('normalizer');
  const held = program ? await metricOf(program, 'audit_source_held') : 0;
  const status = await auditctl(world, 'status');
  arena.check('I11 it says so', [
    ...(gap.code === code ? [] : [`the gap is ${gap.code} (${gap.detail}), not ${code}`]),
    ...(held === 1 ? [] : ['audit_source_held is not 1']),
    ...(status.code === FINDINGS && status.said.includes(gap.gapId)
      ? []
      : [`auditctl status ends with ${status.code} and does not name the gap`]),
  ]);
  const now = (await headsOf(world))[0]?.landed;
  arena.check('hard stop', now === landed ? [] : [`sequence ${now} landed behind ${landed} while the source was held`]);
  arena.tell(`${code}: on record after ${said_s} s: ${gap.detail}`);
  return said_s;
}

/** Of the transactions that the topic held, those whose records are gone are missing or set aside, and no others. */
async function onlyEatenMissing(
  { record, name }: World,
  gtids: readonly (string | undefined)[],
  eaten: ReadonlySet<string | undefined>,
): Promise<Findings> {
  const landed = new Map((await transactionsOf(record, name)).map((one) => [one.transactionId, one.kind]));
  const findings = [...new Set(gtids)].flatMap((gtid) => {
    if (gtid === undefined) return [];
    const kind = landed.get(gtid);
    if (eaten.has(gtid))
      return kind === undefined || kind === 'set_aside' ? [] : [`${gtid} lost records and landed as ${kind}`];
    return kind === undefined || kind === 'set_aside' ? [`${gtid} lost nothing and is ${kind ?? 'missing'}`] : [];
  });
  return findings.slice(0, 5);
}

async function storedOffset({ record, name }: World): Promise<number> {
  const [head] = await record.query<{ position: { offset: string } }>(
    "select position from audit.heads where stage = 'normalizer' and source = $1",
    [name],
  );
  return Number(head?.position.offset);
}

/** Stops the connector and its task, or lets it go on from where it was. */
function makeConnectorSwitch({ servers, name }: World) {
  const url = `${servers.connect.url}/connectors/${name}`;
  return async (action: 'stop' | 'resume'): Promise<void> => {
    await fetch(`${url}/${action}`, { method: 'PUT' });
    await waitFor(`the connector to ${action}`, async () => {
      const status = (await (await fetch(`${url}/status`)).json()) as {
        connector?: { state: string };
        tasks?: readonly { state: string }[];
      };
      const tasks = status.tasks ?? [];
      if (action === 'stop') return status.connector?.state === 'STOPPED' && tasks.length === 0 ? true : undefined;
      return tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING') ? true : undefined;
    });
  };
}
