import { randomBytes } from 'node:crypto';
import { canonicalJson } from '@overlay/evidence';
import type { ChangeEvent, DenseRecord, WrittenRecord } from '@overlay/model';
import {
  changeEvents,
  Database,
  makeDataKeys,
  makeLedger,
  migrate,
  readLogHeads,
  verifyLog,
  type WrittenChange,
} from '@overlay/storage';
import { type Benchmark, rounded } from './benchmark.ts';
import { makeChain } from './chain.ts';
import { cpuSeconds } from './processes.ts';
import { emptyDatabase } from './recording.ts';

const TRANSACTIONS_PER_LANDING = 2000;
const JOBS = 4;

/** Verification of a whole log: every leaf from the stored rows. */
export const verify: Benchmark = {
  name: 'verify',
  what: 'recomputing an evidence log from its stored rows, as `auditctl verify` does',
  rows: 1_000_000,
  async run(bench) {
    const stack = await bench.startServers({ servers: ['postgres'] });
    const database = new Database(await emptyDatabase(stack, 'verified'), JOBS);
    bench.onEnd(() => database.close());
    await migrate(database);
    await fill(database, bench.rows);
    await database.query('vacuum analyze');
    bench.tell('landed');
    const [head] = await readLogHeads(database);
    if (!head) throw new Error('nothing landed');
    const measured = async (jobs: number) => {
      const [begin_ms, begin, postgres_s] = [performance.now(), process.cpuUsage(), cpuSeconds(stack.pid('postgres'))];
      const { events, findings } = await verifyLog(database, { head, checkpoints: [], jobs });
      if (findings.length > 0) throw new Error(`the log is not whole: ${JSON.stringify(findings[0])}`);
      const seconds = (performance.now() - begin_ms) / 1000;
      const { user, system } = process.cpuUsage(begin);
      return {
        events_per_s: events / seconds,
        cpu_us_per_event: (user + system) / events,
        postgres_cpu_us_per_event: ((cpuSeconds(stack.pid('postgres')) - postgres_s) * 1e6) / events,
        events,
      };
    };
    await measured(JOBS); // warm: code and cache
    const all = await measured(JOBS);
    const one = await measured(1);
    bench.tell(`${all.events} events of ${head.size} sequences`);
    const cost_us = all.cpu_us_per_event + all.postgres_cpu_us_per_event;
    return {
      events_per_s: rounded(all.events_per_s),
      events_per_s_and_core: rounded(1e6 / cost_us),
      one_job_events_per_s: rounded(one.events_per_s),
      cpu_us_per_event: rounded(all.cpu_us_per_event),
      postgres_cpu_us_per_event: rounded(all.postgres_cpu_us_per_event),
    };
  },
};

/** Lands a chain of pharmacies. */
async function fill(database: Database, rows: number): Promise<void> {
  const ledger = makeLedger<WrittenChange>(database, {
    stage: 'normalizer',
    table: changeEvents,
    evidence: { nonceKey: randomBytes(32).toString('base64') },
    dataKeys: makeDataKeys(database, randomBytes(32).toString('base64')),
  });
  const chain = makeChain();
  let { head } = await ledger.open(chain.source);
  for (let landed = 0; landed < rows; ) {
    const records = Array.from({ length: TRANSACTIONS_PER_LANDING }, () => writtenOf(chain.next()));
    landed += records.reduce((sum, { bodies }) => sum + bodies.length, 0);
    const position = { topic: 'cdc', partition: 0, offset: String(landed), digest: '' };
    const outcome = await ledger.land(
      {
        head,
        landed: head.landed + records.length,
        position,
        gtids: '',
        records,
        remember: new Map(),
        deadLetters: [],
        repeats: [],
      },
      () => {},
    );
    if (outcome.kind === 'landed') head = outcome.head;
  }
}

function writtenOf(record: DenseRecord<ChangeEvent>): WrittenRecord<WrittenChange> {
  const items = [...record.items].map(
    (event): WrittenChange => ({
      eventId: event.eventId,
      database: event.source.database,
      table: event.source.table,
      operation: event.operation,
      body: canonicalJson(event as never),
      sealedValues: null,
    }),
  );
  return { record: { ...record, items }, bodies: items.map(({ body }) => body) };
}
