import type { RowDataPacket } from 'mysql2';
import { readBinlog } from '../kit/binlog.ts';
import { logDigest } from '../kit/log.ts';
import { digestOf, readSource } from '../kit/tables.ts';
import { waitFor } from '../kit/wait.ts';
import { makeSecondRun, type World } from '../kit/world.ts';
import type { OracleLog } from './log.ts';

/** What is wrong, one sentence each; nothing when the invariant holds. */
export type Findings = readonly string[];

const SHOWN_MAX = 5;
const PREFIXES_MIN = 200;

const some = (findings: readonly string[]): Findings =>
  findings.length <= SHOWN_MAX
    ? findings
    : [...findings.slice(0, SHOWN_MAX), `… and ${findings.length - SHOWN_MAX} more like these`];

/** I1, by the oracle: of each worker every number from 1 to the last that MySQL has is in the log. */
export async function nothingLost({ source }: World, { tables }: OracleLog): Promise<Findings> {
  const [counted] = await source.query<RowDataPacket[]>(
    'select worker, count(*) as n, max(seq) as last from oracle_tx group by worker order by worker',
  );
  const rows = tables.get('oracle_tx')?.rows ?? new Map();
  const logged = Map.groupBy(rows.values(), (row) => (JSON.parse(String(row)) as { worker: string }).worker);
  const findings = counted.flatMap(({ worker, n, last }) => {
    const seqs = (logged.get(String(worker)) ?? []).map((row) =>
      Number((JSON.parse(String(row)) as { seq: string }).seq),
    );
    const missing = missingFrom(seqs, Number(last));
    if (Number(n) !== Number(last)) return [`MySQL itself lacks a number of worker ${worker}: the workload is wrong`];
    if (missing.length === 0) return [];
    return [`worker ${worker}: ${missing.length} of ${last} transactions are missing, the first is ${missing[0]}`];
  });
  return some(findings);
}

function missingFrom(seqs: readonly number[], last: number): readonly number[] {
  const there = new Set(seqs);
  return Array.from({ length: last }, (_, at) => at + 1).filter((seq) => !there.has(seq));
}

/** I1, by the binary log: whatever changed a captured table after the snapshot is a transaction of the log. */
export async function everyGtidLanded({ source, name }: World, { transactions }: OracleLog): Promise<Findings> {
  const landed = new Set(transactions.map(({ transactionId }) => transactionId));
  const begin = snapshotPlace(transactions);
  if (!begin) return ['the log has no snapshot, so it cannot be told where it begins'];
  const captured = (await readBinlog(source)).filter(
    ({ file, position, tables, isPrepared, statement }) =>
      (file > begin.file || (file === begin.file && position >= begin.position)) &&
      !isPrepared &&
      ([...tables].some((table) => table.startsWith(`${name}.`)) || statement?.includes(`use \`${name}\``) === true),
  );
  if (captured.length === 0)
    return ['the binary log has no transaction of this source after its snapshot: nothing was tested'];
  const missing = captured.filter(({ gtid }) => !landed.has(gtid));
  return some(
    missing.map(
      ({ gtid, file, position, statement }) =>
        `${gtid} at ${file}:${position}${statement ? ` (${statement})` : ''} is not in the log`,
    ),
  );
}

/** The id of a piece of the snapshot is `snapshot:<file>:<position>:<table>:<chunk>`. */
function snapshotPlace(transactions: OracleLog['transactions']): { file: string; position: number } | undefined {
  const piece = transactions.find(({ kind }) => kind === 'snapshot');
  const [, file, position] = piece?.transactionId.split(':') ?? [];
  return file === undefined ? undefined : { file, position: Number(position) };
}

/** I2: every event once, as many as the oracle wrote, and sequences from 1 without a hole. */
export async function nothingTwice({ record, name }: World, log: OracleLog): Promise<Findings> {
  const [counted] = await record.query<{ events: string; ids: string }>(
    'select count(*) as events, count(distinct event_id) as ids from audit.change_events where source = $1',
    [name],
  );
  const findings: string[] = [];
  if (counted?.events !== counted?.ids) findings.push(`${counted?.events} events have ${counted?.ids} different ids`);
  const written = log.transactions.filter(({ oracle }) => oracle);
  const planned = written.reduce((sum, { oracle }) => sum + (oracle?.rows ?? 0), 0);
  const landed = written.reduce((sum, { events }) => sum + events, 0);
  if (planned !== landed) findings.push(`the oracle wrote ${planned} rows, the log has ${landed} of them`);
  const seen = new Set(written.map(({ oracle }) => `${oracle?.worker}/${oracle?.seq}`));
  if (seen.size !== written.length)
    findings.push(`${written.length - seen.size} of the oracle's transactions are there twice`);
  const jump = log.transactions.findIndex(({ sequence }, at) => sequence !== at + 1);
  if (jump >= 0) findings.push(`sequence ${log.transactions[jump]?.sequence} stands where ${jump + 1} should`);
  return some(findings);
}

/** I3: each transaction has all of its rows, and the bank holds what it has after every prefix of the log. */
export function allOrNothing({ transactions, prefixes, wrongTotals }: OracleLog): Findings {
  const findings = transactions.flatMap(({ sequence, kind, itemCount, events, marks, oracle }) => {
    const where = `sequence ${sequence} (${kind})`;
    if (itemCount !== events) return [`${where} has ${events} events and announces ${itemCount}`];
    if (oracle && oracle.rows !== events) return [`${where} has ${events} events of ${oracle.rows}`];
    if (oracle && oracle.sum !== marks) return [`${where} has marks of ${marks} in sum, not ${oracle.sum}`];
    return [];
  });
  const few =
    prefixes < PREFIXES_MIN
      ? [`only ${prefixes} prefixes were states of the bank, of ${PREFIXES_MIN} that are asked for`]
      : [];
  return some([...findings, ...wrongTotals, ...few]);
}

/** I4: events stand in the order of the binary log. */
export const inOrder = ({ disorder }: OracleLog): Findings => some(disorder);

/** I5: every table, rebuilt from the log alone, is the one that MySQL has. */
export async function rebuiltEqual({ source, name }: World, { tables }: Pick<OracleLog, 'tables'>): Promise<Findings> {
  const real = await readSource(source, name);
  const names = new Set([
    ...real.keys(),
    ...[...tables].filter(([, { rows }]) => rows.size > 0).map(([table]) => table),
  ]);
  const none = { hasKey: true, rows: new Map<string, string | number>() };
  const findings = [...names].sort().flatMap((table) => {
    const [mine, theirs] = [tables.get(table) ?? none, real.get(table)];
    if (!theirs) return [`table ${table} is not in MySQL, the log has ${mine.rows.size} rows of it`];
    const [rebuilt, wanted] = [digestOf(mine), digestOf(theirs)];
    if (rebuilt.rows === wanted.rows && rebuilt.sha256 === wanted.sha256) return [];
    const keys = new Set([...mine.rows.keys(), ...theirs.rows.keys()]);
    const wrong = [...keys].filter((key) => mine.rows.get(key) !== theirs.rows.get(key));
    const [key = ''] = wrong;
    const example = `${key}: rebuilt ${mine.rows.get(key) ?? 'nothing'}, MySQL ${theirs.rows.get(key) ?? 'nothing'}`;
    return [
      `table ${table}: ${rebuilt.rows} rows rebuilt, ${wanted.rows} in MySQL, ${wrong.length} differ, such as ${example}`,
    ];
  });
  return some(findings);
}

/** I6: a second run over the same raw topic, into an empty database, gives the same ids and bytes. */
export async function sameAgain(world: World, last: number, ms: number): Promise<Findings> {
  const again = await makeSecondRun(world);
  try {
    const program = again.pipeline.start('normalizer');
    await waitFor(
      'the second run',
      async () => {
        if (!program.isRunning()) throw new Error(`the second run has ended: see ${program.log}`);
        const [head] = await again.record.query<{ landed: string }>(
          "select landed from audit.heads where stage = 'normalizer'",
        );
        const [gap] = await again.record.query<{ code: string; detail: string }>('select code, detail from audit.gaps');
        if (gap) throw new Error(`the second run is held by a gap: ${gap.code}, ${gap.detail}`);
        return Number(head?.landed ?? 0) >= last ? true : undefined;
      },
      ms,
    );
    const [first, second] = await Promise.all([
      logDigest(world.record, world.name, last),
      logDigest(again.record, world.name, last),
    ]);
    const isSame = JSON.stringify(first) === JSON.stringify(second);
    return isSame ? [] : [`the first run gave ${JSON.stringify(first)}, the second ${JSON.stringify(second)}`];
  } catch (thrown) {
    return [thrown instanceof Error ? thrown.message : String(thrown)];
  } finally {
    await again.close();
  }
}

/** Nothing was refused and no gap was met, but for what the fault was to cause. */
export async function nothingRefused(
  { record }: World,
  { gaps = [], faults = [] }: { readonly gaps?: readonly string[]; readonly faults?: readonly string[] } = {},
): Promise<Findings> {
  const found = await record.query<{ code: string; detail: string }>('select code, detail from audit.gaps');
  const letters = await record.query<{ code: string; detail: string }>('select code, detail from audit.dead_letters');
  return some([
    ...found.filter(({ code }) => !gaps.includes(code)).map(({ code, detail }) => `gap ${code}: ${detail}`),
    ...letters.filter(({ code }) => !faults.includes(code)).map(({ code, detail }) => `dead letter ${code}: ${detail}`),
  ]);
}
