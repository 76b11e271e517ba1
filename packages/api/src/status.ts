import { timestampOf } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import { messageOf, Trouble } from '@overlay/runtime';
import {
  countCoverage,
  countDeadLetters,
  type Database,
  readGaps,
  readHeads,
  readReconciliations,
  readSensitiveColumns,
  readServerVersion,
  readSetAside,
  readSourceChecks,
  readWaiting,
  STAGES,
} from '@overlay/storage';
import { readConnect } from './connect.ts';
import type { Status } from './contract/index.ts';
import { gapOf } from './gaps.ts';
import { readStageHealth } from './stage-health.ts';
import { stagesOf } from './stages.ts';

export interface StatusDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
  readonly connectUrl?: string | undefined;
  /** Health endpoints of stages, by name of the stage. */
  readonly stageUrls?: Readonly<Record<string, string>> | undefined;
}

const GAPS_MAX = 200;
const SET_ASIDE_SHOWN = 10;

type Stored = Pick<
  Status,
  | 'postgres'
  | 'sources'
  | 'gaps'
  | 'deadLetters'
  | 'setAside'
  | 'waiting'
  | 'sensitiveColumns'
  | 'sourceChecks'
  | 'coverage'
  | 'reconciliations'
>;

/** How everything stands. A dependency that is away is part of the answer, never a failure to answer. */
export async function readStatus(deps: StatusDeps): Promise<Status> {
  const now = deps.now();
  const [stored, connect] = await Promise.all([
    readStored(deps, now),
    deps.connectUrl === undefined ? null : readConnect(deps.connectUrl),
  ]);
  const status = { checkedAt: timestampOf(now.getTime() * 1000), timeZone: deps.zone.name, connect, ...stored };
  return { ...status, findings: findingsOf(status) };
}

async function readStored(deps: StatusDeps, now: Date): Promise<Stored> {
  const { database } = deps;
  try {
    const version = await readServerVersion(database);
    const heads = await readHeads(database);
    const gaps = (await readGaps(database, GAPS_MAX)).filter(({ decision }) => decision === null);
    const [deadLetters, { count, latest }] = [
      await countDeadLetters(database),
      await readSetAside(database, SET_ASIDE_SHOWN),
    ];
    return {
      postgres: { isUp: true, detail: `version ${version}` },
      sources: stagesOf({ heads, gaps, health: await readHealth(deps.stageUrls ?? {}), now }),
      gaps: gaps.map(gapOf),
      deadLetters: [...deadLetters],
      setAside: { count, latest: [...latest] },
      waiting: [...(await readWaiting(database))],
      sensitiveColumns: [...(await readSensitiveColumns(database))],
      sourceChecks: (await readSourceChecks(database)).filter(({ isMet }) => !isMet),
      coverage: [...(await countCoverage(database))],
      reconciliations: [...(await readReconciliations(database))],
    };
  } catch (thrown) {
    if (!(thrown instanceof Trouble)) throw thrown;
    const postgres = { isUp: false, detail: messageOf(thrown) };
    const nothing = {
      sources: [],
      gaps: [],
      deadLetters: [],
      waiting: [],
      sensitiveColumns: [],
      sourceChecks: [],
      coverage: [],
      reconciliations: [],
    };
    return { postgres, ...nothing, setAside: { count: 0, latest: [] } };
  }
}

async function readHealth(urls: Readonly<Record<string, string>>) {
  const known = STAGES.flatMap((stage) => (urls[stage] === undefined ? [] : [{ stage, url: urls[stage] }]));
  return new Map(await Promise.all(known.map(async ({ stage, url }) => [stage, await readStageHealth(url)] as const)));
}

const BAD_STATES = ['down', 'stalled', 'not_begun'];

function findingsOf(status: Omit<Status, 'findings'>): string[] {
  const {
    postgres,
    connect,
    sources,
    gaps,
    deadLetters,
    setAside,
    sensitiveColumns,
    sourceChecks,
    coverage,
    reconciliations,
  } = status;
  const stages = sources.flatMap(({ source, stages }) =>
    stages
      .filter(({ state }) => BAD_STATES.includes(state))
      .map(({ stage, detail }) => `stage ${stage} of source ${source}: ${detail}`),
  );
  return [
    ...(postgres.isUp ? [] : [postgres.detail]),
    ...connectFindings(connect),
    ...stages,
    ...gaps.map(
      ({ gapId, stage, source, code }) =>
        `gap ${gapId.slice(0, 8)} (${code}) holds ${stage} of source ${source} until a person decides`,
    ),
    ...waitingFindings(status),
    // What is kept beside the records that cannot be read is told of by what is set aside.
    ...deadLetters
      .filter(({ code }) => code !== 'raw.set_aside')
      .map(
        ({ count, code, stage, source }) =>
          `${count} dead ${count === 1 ? 'letter' : 'letters'} (${code}) of ${stage} in source ${source}`,
      ),
    ...sourceChecks.map(({ source, check, found, mend }) => `source ${source}: ${check}: ${found}: ${mend}`),
    ...coverage
      .filter(({ state }) => state in COVERAGE_FINDINGS)
      .map(
        ({ source, state, count }) =>
          `source ${source}: ${count} ${count === 1 ? 'transaction' : 'transactions'} ${COVERAGE_FINDINGS[state]}: see auditctl coverage`,
      ),
    ...reconciliations
      .filter(({ verdict }) => verdict === 'differs')
      .map(
        ({ source, database, table, differences, comparedAt }) =>
          `${database}.${table} of source ${source} was not what the log says at ${comparedAt}: ${differences} rows differ; auditctl reconcile --table ${table} names them`,
      ),
    ...sensitiveColumns.map(
      ({ source, database, table, column, why }) =>
        `column ${column} of ${database}.${table} in source ${source} looks sensitive (${why}) and has no policy: give it one in the pack, or \`clear\``,
    ),
    ...(setAside.count === 0
      ? []
      : [
          `${setAside.count} ${setAside.count === 1 ? 'transaction is' : 'transactions are'} set aside: in the log's order, not readable`,
        ]),
  ];
}

/** States of a source's transactions that need a person. */
const COVERAGE_FINDINGS: Readonly<Record<string, string>> = {
  gap: 'are missing for ever',
  unexplained: 'did not land, and nobody knows why',
  unknown_to_source: 'landed that the source does not know',
};

/** Longer than this, a transaction is not on its way. */
const WAITING_MS_MAX = 60_000;

const waitingFindings = ({ waiting, checkedAt }: Pick<Status, 'waiting' | 'checkedAt'>): string[] =>
  waiting
    .filter(({ last }) => Date.parse(checkedAt) - Date.parse(last) > WAITING_MS_MAX)
    .map(
      ({ stage, source, subject, records, last }) =>
        `${subject ?? 'a record'} of source ${source} is not whole: ${stage} has ${records} records of it, the last of ${last}`,
    );

function connectFindings(connect: Status['connect']): string[] {
  if (connect === null) return [];
  if (!connect.isUp) return [`Kafka Connect: ${connect.detail}`];
  return connect.connectors.flatMap(({ name, state, tasks }) => [
    ...(state === 'RUNNING' ? [] : [`connector ${name} is ${state}`]),
    ...(state === 'RUNNING' && tasks.length === 0 ? [`connector ${name} has no task`] : []),
    ...tasks
      .filter((task) => task.state !== 'RUNNING')
      .map(
        (task) =>
          `task ${task.id} of connector ${name} is ${task.state}${task.trace === null ? '' : `: ${task.trace}`}`,
      ),
  ]);
}
