import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Pipeline,
  preparePipeline,
  runToEnd,
  SERVICES,
  type Service,
  type Stack,
  startProgram,
} from '@overlay/infra';
import { Database } from '@overlay/storage';
import { type Bench, type Benchmark, type Figures, rounded } from './benchmark.ts';
import { cpuSeconds } from './processes.ts';
import { askQuestions } from './questions.ts';
import { SHOP } from './shop.ts';

const PACK = join(import.meta.dirname, '..', '..', '..', 'packs', 'pharmacy');
const SALES_PER_DAY = 10_000;
/** Row changes of a full day of the generator's business, about. */
const ROWS_PER_DAY = 133_000;
const LOOK_MS = 5000;
const SERVERS = ['postgres', 'connect', 'mysql', 'kafka'] as const;
/** Tables and indexes below this are not listed. */
const LISTED_BYTES_MIN = 1_000_000;

/** Days of full business through every stage at once, while they are being written: how long, what each part costs, how large it becomes; then what analysts ask. */
export const season: Benchmark = {
  name: 'season',
  what: 'full days of the pharmacy through every stage while they are written: time, cost of each part, sizes, what analysts wait for',
  rows: 90 * ROWS_PER_DAY,
  async run(bench) {
    const days = Math.max(1, Math.round(bench.rows / ROWS_PER_DAY));
    const stack = await bench.startServers();
    const { pipeline, generate } = await prepare(bench, stack);
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1000;
    for (const service of SERVICES) pipeline.start(service);
    let written_s = 0;
    const generating = generate(days).then((told) => {
      written_s = seconds();
      return told;
    });
    generating.catch(() => {}); // awaited below; it may fail while the first look is under way
    const record = new Database(pipeline.urls.reader, 1);
    bench.onEnd(() => record.close());
    const ended = await follow(bench, record, pipeline, generating, seconds);
    const { transactions, rows } = await generating;
    return {
      days,
      transactions,
      rows,
      seconds: rounded(seconds()),
      rows_per_s: rounded(rows / seconds()),
      written_s: rounded(written_s),
      ...Object.fromEntries([...ended].map(([stage, at]) => [`${stage}_rows_per_s`, rounded(rows / at)])),
      ...costs(stack, pipeline, rows),
      ...(await sizes(record)),
      ...(await askQuestions(bench, pipeline.urls.analyst)),
    };
  },
};

interface Written {
  readonly transactions: number;
  readonly rows: number;
}

async function prepare(bench: Bench, stack: Stack) {
  const { host, port, user, password } = stack.mysql;
  const environment = { MYSQL_URL: `mysql://${user}:${password}@${host}:${port}` };
  const log = join(bench.directory, 'generator.log');
  const program = (...words: string[]) => ({
    file: 'generator/src/main.ts',
    arguments: [...words, '--database', SHOP],
    environment,
    log,
  });
  await runToEnd(program('schema'));
  const directory = join(bench.directory, 'services');
  mkdirSync(directory);
  const pipeline = await preparePipeline(stack, {
    source: SHOP,
    mysqlDatabase: SHOP,
    postgresUrl: stack.postgres.url,
    packDirectory: PACK,
    directory,
    environment: { SUMMARY_INTERVAL_S: '60' },
  });
  bench.onEnd(() => pipeline.stop());
  const generate = async (days: number): Promise<Written> => {
    const history = startProgram(
      program(
        'history',
        '--no-disk-waits',
        '--days',
        String(days),
        '--sales-per-day',
        String(SALES_PER_DAY),
        '--seed',
        '7',
      ),
    );
    bench.onEnd(() => history.stop());
    const { code } = await history.exited;
    const told = readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '';
    if (code !== 0) throw new Error(`the generator failed: ${told}`);
    return JSON.parse(told) as Written;
  };
  return { pipeline, generate };
}

/** Waits until every stage has published everything; gives when each one had. */
async function follow(
  bench: Bench,
  record: Database,
  pipeline: Pipeline,
  generating: Promise<Written>,
  seconds: () => number,
): Promise<ReadonlyMap<string, number>> {
  const ended = new Map<string, number>();
  let last = Number.POSITIVE_INFINITY;
  let failure: unknown;
  generating.then(
    ({ transactions }) => {
      last = transactions;
    },
    (thrown: unknown) => {
      failure = thrown;
    },
  );
  while (ended.size < SERVICES.length) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (failure) throw failure;
    const dead = SERVICES.find((service) => !pipeline.running(service)?.isRunning());
    if (dead) throw new Error(`${dead} has ended: see ${pipeline.running(dead)?.log}`);
    const heads = await record.query<{ stage: string; published: string }>('select stage, published from audit.heads');
    for (const { stage, published } of heads)
      if (Number(published) >= last && !ended.has(stage)) ended.set(stage, seconds());
    bench.tell(heads.map(({ stage, published }) => `${stage} ${published}`).join(', '));
  }
  return ended;
}

/** Microseconds of processor a row of each program and server, over the whole run. */
function costs(stack: Stack, pipeline: Pipeline, rows: number): Figures {
  const of = (name: string, pid: number | undefined) =>
    [`${name}_cpu_us_per_row`, rounded((cpuSeconds(pid) * 1e6) / rows)] as const;
  const services = SERVICES.map((service: Service) => of(service, pipeline.running(service)?.pid));
  return Object.fromEntries([...services, ...SERVERS.map((server) => of(server, stack.pid(server)))]);
}

/** Megabytes of each table with its indexes, over its partitions. */
async function sizes(record: Database): Promise<Figures> {
  const rows = await record.query<{ name: string; bytes: string }>(
    `select coalesce(parent.relname, c.relname) as name, sum(pg_total_relation_size(c.oid)) as bytes
      from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = i.inhparent
      where c.relnamespace = 'audit'::regnamespace and c.relkind = 'r'
      group by 1 having sum(pg_total_relation_size(c.oid)) > ${LISTED_BYTES_MIN} order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, bytes }) => [`${name}_mb`, rounded(Number(bytes) / 1e6)]));
}
