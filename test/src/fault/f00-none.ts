import { makeRandom } from '../kit/random.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import { scanLog } from '../oracle/log.ts';
import { quiesce } from '../oracle/quiesce.ts';
import { BANK_CENTS } from '../oracle/schema.ts';
import type { Fault } from './arena.ts';
import { coreCheck, coreFindings, setScene } from './scene.ts';

/** No fault at all: that the workload and the checks themselves are right, and that the checks see a record that was harmed. */
export const none: Fault = {
  name: 'F00',
  what: 'nothing goes wrong: the workload and the checks themselves, and a record harmed by hand',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f00',
      servers: await arena.servers(),
      source: { bulkRows: 3000 },
      oracle: { largeRows: arena.isShort ? 2000 : 20_000 },
    });
    const stages = ['normalizer', 'inferencer'] as const;
    for (const stage of stages) scene.start(stage);
    await quiesce(scene.world, { stages });
    await scene.oracle.run({ transactions: arena.isShort ? 800 : 4000, perSecond: 150, largeEvery: 40 });
    const { last, seconds } = await coreCheck(arena, scene, { stages });
    arena.check('as of any sequence', await totalsAsOf(scene.world, 500, arena.seed));
    await scene.world.pipeline.stop();
    for (const harm of HARMS) arena.check('harm is seen', await seesHarm(scene.world, harm));
    return { ...scene.oracle.tally(), last, quiet_s: seconds };
  },
};

/** At random sequences, what the accounts held by `analyst.as_of` is what the bank has. */
async function totalsAsOf({ record, name }: World, times: number, seed: number): Promise<Findings> {
  const random = makeRandom('as of', seed);
  const [bounds] = await record.query<{ first: string; last: string }>(
    `select max(sequence) filter (where kind = 'snapshot') as first, max(sequence) as last from audit.transactions where source = $1`,
    [name],
  );
  const findings: string[] = [];
  for (let time = 0; time < times && findings.length < FINDINGS_MAX; time++) {
    const at = random.whole(Number(bounds?.first), Number(bounds?.last));
    const [held] = await record.query<{ cents: string }>(
      `select (sum(("row" ->> 'balance')::numeric) * 100)::bigint as cents from analyst.as_of('account', $1, null, $2)`,
      [String(at), name],
    );
    if (BigInt(held?.cents ?? 0) !== BANK_CENTS)
      findings.push(`as of sequence ${at} the accounts hold ${held?.cents} cents, not ${BANK_CENTS}`);
  }
  return findings;
}

const FINDINGS_MAX = 5;

/** Something that must never happen to a record, and which checks then speak up. */
interface Harm {
  readonly what: string;
  readonly statements: readonly string[];
  readonly seenBy: readonly string[];
}

/** Two neighbouring transactions of the oracle. */
const ONE = "(select max(sequence) - 4 from audit.change_events where table_name = 'oracle_tx')";
const OTHER = `(${ONE} + 1)`;

const HARMS: readonly Harm[] = [
  {
    what: 'an event is missing',
    statements: [`delete from audit.change_events where sequence = ${ONE} and ordinal = 1`],
    seenBy: ['I2', 'I3', 'I4', 'I5'],
  },
  {
    what: 'a transaction is missing',
    statements: [
      `delete from audit.transactions where sequence = 200`,
      `delete from audit.change_events where sequence = 200`,
    ],
    seenBy: ['I1', 'I2', 'I5'],
  },
  {
    what: 'an id is there twice',
    statements: [
      `update audit.change_events set event_id = (select event_id from audit.change_events where sequence = ${OTHER} and ordinal = 1)
        where sequence = ${ONE} and ordinal = 1`,
    ],
    seenBy: ['I2'],
  },
  {
    what: 'a value is another one',
    statements: [
      `update audit.change_events set body = regexp_replace(body::text, '"mark":"[0-9]+"', '"mark":"1"')::json
        where table_name = 'account' and sequence = ${ONE} and ordinal = 1`,
    ],
    seenBy: ['I3'],
  },
  {
    what: 'money has appeared',
    statements: [
      `update audit.change_events set body = regexp_replace(body::text, '"balance":"-?', '"balance":"1')::json
        where table_name = 'account' and sequence = ${ONE} and ordinal = 1`,
    ],
    seenBy: ['I3'],
  },
  {
    what: 'two transactions have changed places',
    statements: [
      `update audit.change_events set sequence = -sequence where sequence = ${ONE}`,
      `update audit.change_events set sequence = -(select min(sequence) from audit.change_events) where sequence = -(select min(sequence) from audit.change_events) + 1`,
      `update audit.change_events set sequence = -sequence + 1 where sequence < 0`,
    ],
    seenBy: ['I3', 'I4'],
  },
];

/** Harms the record, asks the checks, and puts it back as it was. */
async function seesHarm(world: World, { what, statements, seenBy }: Harm): Promise<Findings> {
  const tables = ['transactions', 'change_events'];
  for (const table of tables)
    await world.record.query(`create table audit.saved_${table} as select * from audit.${table}`);
  try {
    for (const statement of statements) await world.record.query(statement);
    const found = await coreFindings(world, await scanLog(world));
    const silent = seenBy.filter(
      (name) => ![...found].some(([check, { length }]) => check.startsWith(name) && length > 0),
    );
    return silent.map((name) => `${name} does not see that ${what}`);
  } finally {
    for (const table of tables) {
      await world.record.query(`delete from audit.${table}`);
      await world.record.query(`insert into audit.${table} select * from audit.saved_${table}`);
      await world.record.query(`drop table audit.saved_${table}`);
    }
  }
}
