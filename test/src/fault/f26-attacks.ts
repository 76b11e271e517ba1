import { Coverage } from '@overlay/api';
import type { Stack } from '@overlay/infra';
import type { RowDataPacket } from 'mysql2';
import { auditctl, reconciled } from '../kit/auditctl.ts';
import { evidenceFindings } from '../kit/evidence.ts';
import { waitFor } from '../kit/wait.ts';
import type { World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import type { Scene } from './scene.ts';

const SEEN_MS_MAX = 90_000;

/** What `auditctl coverage` says of the world's source. */
async function readCoverage(world: World): Promise<Coverage> {
  const { said } = await auditctl(world, 'coverage', '--json');
  return Coverage.parse(JSON.parse(said.slice(said.indexOf('{'))));
}

/** The live source, row by row, is what the log folded to its state says. */
export async function reconciledEqual(world: World): Promise<Findings> {
  const { tables } = (await reconciled(world)).result;
  // Of a table without a key it may be that nobody can tell.
  const other = tables.filter(({ verdict, why }) => verdict !== 'equal' && !why?.startsWith('it has no primary key'));
  return [
    ...other.map(
      ({ table, verdict, why, listed, sourceRows, logRows }) =>
        `${table} ${verdict}, ${sourceRows} rows at the source and ${logRows} in the log: ${why ?? JSON.stringify(listed[0])}`,
    ),
    ...(tables.length < 30 ? [`only ${tables.length} tables were compared`] : []),
  ];
}

/** Somebody with all rights on the database of the record does this to one row of a balance; each is found, and the place is named. */
const STRIKES: Readonly<Record<string, string>> = {
  'one landed row deleted': 'delete from audit.change_events where source = $1 and sequence = $2 and ordinal = $3',
  'one landed row changed': `update audit.change_events set body = replace(body::text, '"balance":"', '"balance":"9')::json
    where source = $1 and sequence = $2 and ordinal = $3`,
};

/** Each strike by itself: what it did is put back. */
export async function attackRows({ record, name }: World): Promise<ReadonlyMap<string, Findings>> {
  const found = new Map<string, Findings>();
  for (const [what, strike] of Object.entries(STRIKES)) {
    const [row] = await record.query<{ sequence: string; ordinal: number }>(
      `select sequence, ordinal from audit.change_events where source = $1 and table_name = 'account' and operation = 'UPDATE'
        order by md5(event_id::text) limit 1`,
      [name],
    );
    if (!row) throw new Error('the bank has moved nothing');
    const place = [name, row.sequence, row.ordinal];
    const where = 'source = $1 and sequence = $2 and ordinal = $3';
    await record.query(`create table public.kept as select * from audit.change_events where ${where}`, place);
    await record.query(strike, place);
    const said = await evidenceFindings(record, name);
    const isNamed = said.some((finding) => finding.startsWith(`sequences ${row.sequence} to ${row.sequence}:`));
    found.set(
      what,
      isNamed ? [] : [`sequence ${row.sequence} is not named: ${said.join('; ') || 'nothing was found'}`],
    );
    await record.query(`delete from audit.change_events where ${where}`, place);
    await record.query('insert into audit.change_events select * from public.kept');
    await record.query('drop table public.kept');
    found.set(`${what}, and put back`, await evidenceFindings(record, name));
  }
  return found;
}

/** Connect is away while the source goes on and throws its binary logs away: what was in them is a gap, by its GTIDs. */
export async function purgeUnread({ world, oracle }: Scene, stack: Stack): Promise<Findings> {
  const { source } = world;
  const before = await lastExecuted(world);
  await stack.kill('connect');
  await oracle.run({ transactions: 50, perSecond: 500 });
  const last = await lastExecuted(world);
  await source.query('flush binary logs');
  await waitFor('the binary logs to be purged', () => purgeAll(source), SEEN_MS_MAX, 500);
  await stack.restart('connect');
  // What changed nothing captured may have been looked at before it was purged.
  const told = async () => (await readCoverage(world)).intervals.filter(({ last: end }) => end > before);
  const gap = await waitFor(
    'the purge to be found',
    async () => {
      const intervals = await told();
      const known = intervals.filter(({ state }) => state === 'gap' || state === 'no_captured_row');
      const count = known.reduce(
        (sum, { first, last: end }) => sum + Math.min(end, last) - Math.max(first, before + 1) + 1,
        0,
      );
      return count === last - before && known.some(({ state }) => state === 'gap') ? known : undefined;
    },
    SEEN_MS_MAX,
    1000,
  ).catch(() => undefined);
  const { verdict, findings } = await readCoverage(world);
  if (gap && verdict === 'incomplete') return [];
  return [`${before + 1} to ${last} are missing; coverage is ${verdict}: ${findings.join('; ')}`];
}

/** All but the newest one; MySQL keeps what it believes to be read by a connector that has died, until it knows better. */
async function purgeAll(source: World['source']): Promise<true | undefined> {
  const read = async () => (await source.query<RowDataPacket[]>('show binary logs'))[0];
  await source.query('purge binary logs to ?', [(await read()).at(-1)?.Log_name]);
  return (await read()).length === 1 ? true : undefined;
}

/** The number of the last transaction of the source: it has one server, and no tags. */
async function lastExecuted({ source }: World): Promise<number> {
  const [[row]] = await source.query<RowDataPacket[]>('select @@global.gtid_executed as gtids');
  return Number(/-(\d+)$/.exec(String(row?.gtids))?.[1]);
}
