import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningProgram } from '@overlay/infra';
import { acceptGapsWhile } from '../kit/gaps.ts';
import { keptValues, letterDigest, lettersOf } from '../kit/letters.ts';
import { transactionsOf } from '../kit/log.ts';
import { makeRandom, type Random } from '../kit/random.ts';
import { describeRaw, openRaw, type RawHand, type RawMessage } from '../kit/raw.ts';
import { readTopic } from '../kit/topics.ts';
import type { World } from '../kit/world.ts';
import { allOrNothing, type Findings, nothingLost, nothingTwice, rebuiltEqual } from '../oracle/checks.ts';
import { forge, forgedGtid, isForged, rawTransactions } from '../oracle/forge.ts';
import { scanLog } from '../oracle/log.ts';
import { mutate, SPOILED } from '../oracle/mutate.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Arena, Fault } from './arena.ts';
import { type Scene, setScene } from './scene.ts';

const TOY_ROWS = 3;
const CATCH_UP_MS = 300_000;
const PARSERS_MS = 900_000;
const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/** Malformed raw records, alone and inside transactions. */
export const malformed: Fault = {
  name: 'F35',
  what: 'malformed raw records by a corpus of mutations: no crash, each one kept with its bytes, the feed goes on',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f35',
      servers: await arena.servers(),
      source: { statements: ['create table toy (id int primary key, v int not null, said varchar(60) not null)'] },
    });
    const { world, oracle } = scene;
    const program = scene.start('normalizer');
    await quiesce(world);
    for (let round = 1; round <= 40; round++) await playToy(world, round);
    await oracle.run({ transactions: 100, perSecond: 200 });
    await quiesce(world);
    const raw = await openRaw(world);
    arena.onEnd(() => raw.close());

    const spoiled = await playSpoiled(arena, scene, raw, program);
    const mutated = await playMutated(arena, scene, raw, program);
    const parsed = await playParsers(arena);
    await oracle.run({ transactions: 200, perSecond: 200 });
    await quiesce(world);
    const log = await scanLog(world);
    arena.check('I1 nothing lost', await nothingLost(world, log));
    arena.check('I2 nothing twice', await nothingTwice(world, log));
    arena.check('I3 all or nothing', allOrNothing(log));
    // What was mutated may land in the toy's table, and under names that no table has; the oracle's own tables are as they were.
    const own = new Map([...log.tables].filter(([table]) => ORACLE_TABLES.includes(table)));
    arena.check(
      'I5 rebuilt equal',
      (await rebuiltEqual(world, { tables: own })).filter((finding) => !finding.startsWith('table toy')),
    );
    return { ...oracle.tally(), spoiled, mutated, parsed };
  },
};

const ORACLE_TABLES = ['account', 'orders', 'order_line', 'stock', 'wide', 'bulk', 'oracle_tx', 'marker'];

async function playToy({ source }: World, round: number): Promise<void> {
  await source.query('begin');
  for (let row = 0; row < TOY_ROWS; row++)
    await source.query('insert into toy values (?, ?, ?)', [10 * round + row, row, `toy ${round}`]);
  await source.query('commit');
}

const dies = (program: RunningProgram): Findings =>
  program.isRunning() ? [] : [`the normalizer has ended: see ${program.log}`];

/** Transactions of the toy with one row that nobody may take for one: each is set aside, all of its bytes are kept. */
async function playSpoiled(arena: Arena, { world }: Scene, raw: RawHand, program: RunningProgram): Promise<number> {
  const random = makeRandom(arena.seed, 'spoiled');
  const toys = (await rawTransactions(world, TOY_ROWS, TOY_ROWS)).filter((one) =>
    one[1]?.text.includes('"table":"toy"'),
  );
  const written: { way: string; texts: readonly (string | Buffer)[] }[] = [];
  const ways = Object.entries(SPOILED);
  for (const [way, spoil] of ways) {
    const texts = forge(random.pick(toys), written.length + 1);
    const at = random.whole(1, TOY_ROWS);
    written.push({ way, texts: texts.map((text, index) => (index === at ? spoil(text, random) : text)) });
  }
  // The largest compress to next to nothing: a thousand of them in one fetch are gigabytes, which no connector writes.
  const small = ways.filter(([way]) => way !== 'a million deep');
  for (let round = 0; round < (arena.isShort ? 1 : 10); round++) {
    const texts = forge(random.pick(toys), written.length + 1);
    const [begin = '', row = '', end = ''] = [texts[0], texts[1], texts.at(-1)];
    const many = Array.from({ length: arena.isShort ? 500 : 5000 }, (_, n) => {
      const [, spoil] = random.pick(small);
      return spoil(row.replace(/"total_order":\d+/, `"total_order":${n + 1}`), random);
    });
    const counted = end.replaceAll(/"event_count":\d+/g, `"event_count":${many.length}`);
    written.push({ way: 'all of them', texts: [begin, ...many, counted] });
  }
  await raw.append(written.flatMap(({ texts }) => texts));
  await quiesce(world, { ms: CATCH_UP_MS }).catch((thrown) => arena.check('goes on', [String(thrown)]));
  arena.check('no crash', dies(program));

  const kinds = new Map((await transactionsOf(world.record, world.name)).map((one) => [one.transactionId, one]));
  const kept = new Set((await lettersOf(world)).map(({ digest }) => digest));
  const taken = new Set<string>();
  const dropped = new Map<string, string>();
  for (const [index, { way, texts }] of written.entries()) {
    const kind = kinds.get(forgedGtid(index + 1))?.kind ?? 'not there';
    if (kind !== 'set_aside') {
      const lost = texts.filter((text) => !kept.has(letterDigest(text))).length;
      taken.add(`${way}) is ${kind} instead of set aside, and ${lost} of its ${texts.length} records are not kept`);
    } else {
      const lost = texts.flatMap((text, place) => (kept.has(letterDigest(text)) ? [] : [place + 1]));
      if (lost.length > 0)
        dropped.set(
          way,
          `records ${lost} of ${texts.length}, such as ${String(texts[(lost[0] ?? 1) - 1]).slice(0, 700)}`,
        );
    }
  }
  arena.check(
    'set aside',
    [...taken].map((what) => `a transaction with a record that is spoiled (${what}`),
  );
  arena.check(
    'bytes kept',
    [...dropped].map(
      ([way, lost]) => `of a transaction with a record that is spoiled (${way}) not all bytes are kept: ${lost}`,
    ),
  );
  arena.check('bytes kept', await sampleOfBytes(world, written[0]?.texts ?? []));
  return written.reduce((sum, { texts }) => sum + Math.max(1, texts.length - TOY_ROWS - 2), 0);
}

async function sampleOfBytes(world: World, texts: readonly (string | Buffer)[]): Promise<Findings> {
  const first = (await transactionsOf(world.record, world.name)).find(({ transactionId }) => isForged(transactionId));
  if (!first) return ['no forged transaction is in the log'];
  const values = await keptValues(world, first.sequence);
  return JSON.stringify(values) === JSON.stringify(texts.map(String))
    ? []
    : ['auditctl does not give back the bytes of a spoiled transaction'];
}

/** Any bytes of any records changed. What they become may be told as anything; but it is told, nothing ends, and the feed can be made to go on. */
async function playMutated(arena: Arena, { world }: Scene, raw: RawHand, program: RunningProgram): Promise<number> {
  const random = makeRandom(arena.seed, 'mutated');
  const corpus = (await readTopic(raw.topic, world))
    .filter(({ value }) => value !== null && isCorpus(value))
    .map(describeRaw);
  const before = (await lettersOf(world)).length;
  const written = Array.from({ length: arena.isShort ? 60 : 300 }, () => mutateOne(corpus, random));
  await raw.append(written);
  const accepted = await acceptGapsWhile(world, quiesce(world, { mayHold: true, ms: CATCH_UP_MS })).catch((thrown) => {
    arena.check('goes on', [String(thrown)]);
    return [];
  });
  arena.check('no crash', dies(program));
  const kept = new Set((await lettersOf(world)).slice(before).map(({ digest }) => digest));
  const silent = written.filter((value) => !isJson(value) && !kept.has(letterDigest(value)));
  arena.check(
    'bytes kept',
    silent.slice(0, 3).map((value) => `bytes that are no JSON are not kept: ${value.toString('latin1').slice(0, 200)}`),
  );
  arena.tell(
    `${written.length} mutated records, ${written.filter((value) => !isJson(value)).length} no JSON, ${accepted.length} gaps accepted`,
  );
  return written.length;
}

/** The normalizer's own test of broken bytes, in JSON and in Avro, with many more of them. */
async function playParsers(arena: Arena): Promise<number> {
  const mutations = arena.isShort ? 10_000 : 1_000_000;
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'unit', '--testPathPatterns', 'hostile-raw'];
  const failure = await promisify(execFile)(
    process.execPath,
    ['-C', '@overlay/source', '--experimental-vm-modules', ...jest, '--testTimeout', String(PARSERS_MS)],
    {
      cwd: REPOSITORY,
      env: { ...process.env, OVERLAY_MUTATIONS: String(mutations), OVERLAY_SEED: String(arena.seed) },
    },
  ).then(
    () => undefined,
    (thrown: { readonly stderr?: string }) => String(thrown.stderr ?? thrown),
  );
  arena.check('any bytes', failure === undefined ? [] : [failure.slice(-2000)]);
  return mutations;
}

const mutateOne = (corpus: readonly RawMessage[], random: Random): Buffer =>
  mutate(random.pick(corpus).text, random.pick(corpus).text, random);

/** Rows of the toy and schema changes of it: what a mutation makes land does not touch the oracle's tables. */
const isCorpus = (value: Buffer): boolean =>
  value.includes('"table":"toy"') && value.includes('"source":{') && isJson(value);

function isJson(value: Buffer): boolean {
  try {
    JSON.parse(value.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
