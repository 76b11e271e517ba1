import { auditctl } from '../kit/auditctl.ts';
import { keptValues, letterDigest, lettersOf } from '../kit/letters.ts';
import { transactionsOf } from '../kit/log.ts';
import { makeRandom } from '../kit/random.ts';
import { openRaw } from '../kit/raw.ts';
import { metricOf } from '../kit/service.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import { forge, forgedGtid, rawTransactions } from '../oracle/forge.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Fault } from './arena.ts';
import { coreCheck, setScene } from './scene.ts';

const CODES = ['raw.not_json', 'raw.unknown_shape', 'raw.value', 'raw.set_aside'];
const STATUS_FINDINGS = 6;

/** Ways to spoil one record. */
const POISONS: Readonly<Record<string, (text: string) => string>> = {
  'not JSON': (text) => text.slice(0, Math.floor(text.length / 2)),
  'no shape': (text) => text.replace('"op":"', '"operation":"'),
  'no place': (text) => text.replace('"source":{', '"sauce":{'),
  'a value of another type': (text) =>
    text.replace(/("placed_at"|"quantity"|"balance"|"mark"):[^,}]+/, '$1:{"not":["a","value"]}'),
};

/** One of about forty records of a transaction cannot be read. */
export const poison: Fault = {
  name: 'F36',
  what: 'one record of forty of a transaction is invalid: it is set aside whole, later ones land',
  async play(arena) {
    const scene = await setScene(arena, { name: 'f36', servers: await arena.servers() });
    const { world, oracle } = scene;
    const stages = ['normalizer', 'inferencer'] as const;
    for (const stage of stages) scene.start(stage);
    await quiesce(world);
    await oracle.run({ transactions: 400, perSecond: 400 });
    await quiesce(world);
    const raw = await openRaw(world);
    arena.onEnd(() => raw.close());
    const long = await rawTransactions(world, 25, 45);
    const random = makeRandom(arena.seed, 'poison');
    const poisoned: (readonly string[])[] = [];
    for (let round = 0; round < (arena.isShort ? 1 : 10); round++) {
      for (const spoil of Object.values(POISONS)) {
        const texts = forge(random.pick(long), poisoned.length + 1);
        const at = random.whole(1, texts.length - 2);
        const spoiled = texts.with(at, spoil(texts[at] ?? ''));
        poisoned.push(spoiled);
        await raw.append(spoiled);
        await oracle.run({ transactions: 16, perSecond: 400 });
        await quiesce(world);
      }
    }
    const program = world.pipeline.running('normalizer');
    const rejected = program ? await metricOf(program, 'audit_records_total', 'verdict="reject"') : 0;
    arena.check(
      'I11 it says so',
      rejected >= poisoned.length ? [] : [`audit_records_total counts ${rejected} rejects of ${poisoned.length}`],
    );
    await coreCheck(arena, scene, { faults: CODES, stages });
    arena.check('set aside whole', await setAsideWhole(world, poisoned));
    return { ...oracle.tally(), poisoned: poisoned.length };
  },
};

/** Each poisoned transaction keeps its place, without a row, and all of its bytes are kept; status names it. */
async function setAsideWhole(world: World, poisoned: readonly (readonly string[])[]): Promise<Findings> {
  const transactions = new Map((await transactionsOf(world.record, world.name)).map((one) => [one.transactionId, one]));
  const letters = await lettersOf(world);
  const findings: string[] = [];
  let before = 0;
  for (const [index, texts] of poisoned.entries()) {
    const gtid = forgedGtid(index + 1);
    const { kind, itemCount, sequence = 0 } = transactions.get(gtid) ?? {};
    if (kind !== 'set_aside' || itemCount !== 0)
      findings.push(`${gtid} is ${kind ?? 'not there'} with ${itemCount} rows`);
    if (sequence <= before) findings.push(`${gtid} stands at ${sequence}, behind ${before}`);
    before = sequence;
    const kept = letters.filter((letter) => letter.sequence === sequence).map(({ digest }) => digest);
    const missing = texts.filter((text) => !kept.includes(letterDigest(text)));
    if (missing.length > 0)
      findings.push(`${missing.length} of ${texts.length} records of ${gtid} are not with the dead letters`);
  }
  const kept = await keptValues(world, before);
  if (JSON.stringify(kept) !== JSON.stringify(poisoned.at(-1)))
    findings.push('the bytes that auditctl gives back are not those of the transaction');
  const status = await auditctl(world, 'status');
  const newest = [...transactions.values()]
    .filter(({ kind }) => kind === 'set_aside')
    .sort((a, b) => b.commitTime.localeCompare(a.commitTime) || b.sequence - a.sequence)[0];
  if (status.code !== STATUS_FINDINGS || !newest || !status.said.includes(newest.transactionId))
    findings.push(`auditctl status ends with ${status.code} and does not name ${newest?.transactionId}`);
  return findings.slice(0, 5);
}
