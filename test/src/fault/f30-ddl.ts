import { askForRows } from '@overlay/infra';
import { foldTables } from '../kit/fold.ts';
import { changesOf } from '../kit/log.ts';
import { makeRandom } from '../kit/random.ts';
import { readSource } from '../kit/tables.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';
import { type Findings, rebuiltEqual } from '../oracle/checks.ts';
import { type DdlPlay, ddlTables, makeDdlPlay } from '../oracle/ddl.ts';
import type { OracleLog } from '../oracle/log.ts';
import { quiesce } from '../oracle/quiesce.ts';
import type { Fault } from './arena.ts';
import { coreCheck, setScene } from './scene.ts';

const ASKED_MS_MAX = 90_000;

/** Tables are changed, renamed, emptied and made again between and under changes of their rows. */
export const ddl: Fault = {
  name: 'F30',
  what: 'DDL in flight: columns, types and tables change, are renamed, emptied, dropped and made again',
  async play(arena) {
    const scene = await setScene(arena, {
      name: 'f30',
      servers: await arena.servers(),
      source: { statements: ddlTables },
    });
    scene.start('normalizer');
    await quiesce(scene.world);
    const endLoad = scene.oracle.start({ perSecond: 50 });
    const play = makeDdlPlay(scene.world.source, makeRandom(arena.seed, 'ddl'));
    for (let steps = arena.isShort ? 50 : 300; steps > 0; steps--) await play.step();
    for (let times = 20; times > 0; times--) await play.write();
    await endLoad();
    const { world } = scene;
    await quiesce(world);
    arena.check('rows of unchanged types', await toldRowsEqual(world, play));
    const asked = play.tables().map((table) => `${world.name}.${table}`);
    await askForRows(world.servers.kafka.brokers, world.name, asked);
    await waitFor(
      'the rows that were asked for',
      async () => ((await isRebuilt(world)) ? true : undefined),
      ASKED_MS_MAX,
      1000,
    ).catch(() => {});
    const { log } = await coreCheck(arena, scene, { fold: foldTables });
    arena.check('rows since the last DDL', await freshRowsEqual(world, log, play));
    arena.check('schema versions', await versionsRise(world, play));
    return { ...scene.oracle.tally(), ddl: Object.fromEntries(play.done) };
  },
};

const isRebuilt = async (world: World): Promise<boolean> =>
  (await rebuiltEqual(world, { tables: await foldTables(world) })).length === 0;

/** With the versions of definitions the log alone gives every row, but those whose values a DDL has changed with their type since they were written. */
async function toldRowsEqual(world: World, play: DdlPlay): Promise<Findings> {
  const folded = await foldTables(world);
  const findings: string[] = [];
  const real = await readSource(world.source, world.name);
  for (const [table, { rows }] of real) {
    for (const key of new Set([...rows.keys(), ...(folded.get(table)?.rows.keys() ?? [])])) {
      const [mine, row] = [folded.get(table)?.rows.get(key), rows.get(key)];
      const isTold = !table.startsWith('ddl_') || play.isTold(table, Number((JSON.parse(key) as { id: string }).id));
      if (mine !== row && (isTold || mine === undefined || row === undefined))
        findings.push(`${table} ${key}: the log gives ${mine}, MySQL has ${row}`);
    }
  }
  const gone = [...folded]
    .filter(([table, { rows }]) => !real.has(table) && rows.size > 0)
    .map(([table]) => `the log gives a table ${table}, which MySQL has not`);
  return [...findings, ...gone].slice(0, 5);
}

/** Rows that were written after the last DDL of their table have all of their columns, with the types of now. */
async function freshRowsEqual({ source, name }: World, { tables }: OracleLog, play: DdlPlay): Promise<Findings> {
  const findings: string[] = [];
  let compared = 0;
  for (const [table, { rows }] of await readSource(source, name)) {
    for (const [key, row] of rows) {
      if (!table.startsWith('ddl_') || !play.isFresh(table, Number((JSON.parse(key) as { id: string }).id))) continue;
      compared++;
      const rebuilt = tables.get(table)?.rows.get(key);
      if (rebuilt !== row) findings.push(`${table} ${key}: the log has ${rebuilt}, MySQL ${row}`);
    }
  }
  return [...findings.slice(0, 5), ...(compared < 20 ? [`only ${compared} rows could be compared`] : [])];
}

/** A version rises once for each DDL that changes columns, types or key, and for no other. */
async function versionsRise({ record, name }: World, play: DdlPlay): Promise<Findings> {
  const seen = new Map<string, string>();
  for await (const { table, operation, body } of changesOf(record, name)) {
    if (operation !== 'TRUNCATE') seen.set(table, (JSON.parse(body) as { schemaVersion: string }).schemaVersion);
  }
  return [...play.versions()].flatMap(([table, version]) => {
    const newest = Number(seen.get(table)?.split(':').at(-1) ?? 0);
    return newest <= version ? [] : [`${table} is at version ${newest} after ${version - 1} changes of its definition`];
  });
}
