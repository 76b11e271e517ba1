import { createReadStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ActLine } from '@overlay/generator';
import { runToEnd, type Stack } from '@overlay/infra';
import type { BusinessEvent } from '@overlay/model';
import { waitFor } from '../kit/wait.ts';
import { makePharmacy, makeWorld, type World } from '../kit/world.ts';
import type { Asked } from './evaluation.ts';
import { makeExpectations } from './expectations.ts';
import { type Found, makeJudge, type Tally } from './judge.ts';
import type { Business } from './recorded.ts';

const STAGES = ['normalizer', 'inferencer'] as const;
const PAGE_TRANSACTIONS = 500;
const LOOK_MS = 5000;
const CATCH_UP_MS_MAX = 3_600_000;
const NOTHING: Found = { events: [], unexplained: [], rows: [] };

interface LiveOptions extends Pick<Asked, 'directory' | 'tell' | 'onEnd' | 'signal'> {
  readonly stack: Stack;
  readonly tally: Tally;
  readonly complain: (mistake: string) => void;
  /** What the business was read from. */
  readonly scenarioFile: string;
  readonly until: string;
}

/** Plays a business on MySQL, lets the services make of it what they do, and judges what then stands in Postgres. */
export async function evalLive({ scenario }: Business, options: LiveOptions): Promise<void> {
  const { stack, directory, tell, onEnd, signal } = options;
  const name = `eval_${scenario.seed}`;
  const world = await makeWorld({ name, makeSource: makePharmacy, servers: stack });
  let isJudged = false;
  onEnd(async () => {
    await world.close();
    if (isJudged) rmSync(world.directory, { recursive: true, force: true });
  });
  tell(`logs of the services are in ${world.directory}`);
  for (const stage of STAGES) world.pipeline.start(stage);
  const actsFile = join(directory, `${name}.jsonl`);
  await runToEnd({
    file: 'generator/src/main.ts',
    arguments: [
      ...[
        'history',
        '--database',
        name,
        '--scenario',
        options.scenarioFile,
        '--until',
        options.until,
        '--no-disk-waits',
      ],
      ...['--seed', scenario.seed, '--days', `${scenario.days}`, '--sales-per-day', `${scenario.salesPerDay}`],
      ...['--acts', actsFile],
    ],
    environment: { MYSQL_URL: new URL('/', world.mysqlUrl).href },
    log: join(directory, `${name}.generator.log`),
  });
  signal.throwIfAborted();
  await untilInferred(world, await lastTimeOf(actsFile), options);
  await judgeRecord(world, actsFile, makeJudge(makeExpectations(scenario), options.tally, options.complain), options);
  isJudged = true;
}

async function* actsOf(file: string): AsyncGenerator<ActLine> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
    yield JSON.parse(line) as ActLine;
}

async function lastTimeOf(actsFile: string): Promise<string> {
  let last = '';
  for await (const { at } of actsOf(actsFile)) last = at;
  return last;
}

/** Resolves when the transaction of the last act has gone through the inferencer; throws when a service has ended. */
async function untilInferred(
  { record, name, pipeline }: World,
  last: string,
  { tell, signal }: LiveOptions,
): Promise<void> {
  let told = 0;
  await waitFor(
    'the inferencer to reach the last act',
    async () => {
      signal.throwIfAborted();
      for (const stage of STAGES)
        if (!pipeline.running(stage)?.isRunning())
          throw new Error(`the ${stage} has ended: see ${pipeline.running(stage)?.log}`);
      const [head] = await record.query<{ landed: string; isThere: boolean }>(
        `select h.landed, exists (select from audit.transactions t where t.source = h.source and t.commit_time = $2::timestamptz
            and t.sequence <= h.landed) as "isThere" from audit.heads h where h.stage = 'inferencer' and h.source = $1`,
        [name, last],
      );
      if (Date.now() - told > LOOK_MS) {
        told = Date.now();
        tell(`${head?.landed ?? 0} transactions inferred`);
      }
      return head?.isThere ? true : undefined;
    },
    CATCH_UP_MS_MAX,
  );
}

/** Acts and transactions side by side: both rise by commit time, which is exact, and finds the one in the other. */
async function judgeRecord(
  { record, name }: World,
  actsFile: string,
  { judge, judgeStray }: ReturnType<typeof makeJudge>,
  { tally, complain }: LiveOptions,
): Promise<void> {
  const before = tally.found;
  const acts = actsOf(actsFile);
  let act = (await acts.next()).value as ActLine | undefined;
  const nextAct = async (): Promise<void> => {
    act = (await acts.next()).value as ActLine | undefined;
  };
  for await (const { kind, at, ...found } of transactionsOf(record, name)) {
    for (; kind === 'transaction' && act !== undefined && act.at < at; await nextAct()) judge(act, NOTHING);
    if (kind === 'transaction' && act?.at === at) {
      judge(act, found);
      await nextAct();
    } else judgeStray(at, found);
  }
  for (; act !== undefined; await nextAct()) judge(act, NOTHING);
  const [held] = await record.query<{ count: string }>('select count(*) from audit.business_events where source = $1', [
    name,
  ]);
  const homeless = Number(held?.count) - (tally.found - before);
  if (homeless === 0) return;
  tally.found += homeless;
  complain(`${homeless} events belong to no transaction`);
}

interface Judged extends Found {
  readonly kind: string;
  readonly at: string;
}

/** Each transaction of the log with what came of it, in order, one page in memory at a time. */
async function* transactionsOf(record: World['record'], source: string): AsyncGenerator<Judged> {
  const pages = record.pages<{
    kind: string;
    at: string;
    events: readonly BusinessEvent[];
    unexplained: Found['unexplained'];
    rows: Found['rows'];
  }>(
    `select kind, to_char(commit_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
        coalesce((select json_agg(e.body order by e.ordinal) from audit.business_events e
          where e.source = t.source and e.sequence = t.sequence), '[]') as events,
        coalesce((select json_agg(json_build_object('table', u.table_name, 'operation', u.operation, 'rows', u.row_count))
          from audit.unexplained_changes u where u.source = t.source and u.sequence = t.sequence), '[]') as unexplained,
        coalesce((select json_agg(json_build_object('eventId', c.event_id, 'table', c.table_name, 'operation', c.operation,
            'primaryKey', c.body->'source'->'primaryKey'))
          from audit.change_events c where c.source = t.source and c.sequence = t.sequence and c.commit_time = t.commit_time
            and t.kind = 'transaction'), '[]') as rows
      from audit.transactions t where source = '${source}' order by sequence`,
    PAGE_TRANSACTIONS,
  );
  for await (const rows of pages) yield* rows;
}
