import { canonicalJson, eventRowBytes, type Hash, TiledLog } from '@overlay/evidence';
import { type ChangeEvent, type DenseRecord, microsecondsOf, type WrittenRecord } from '@overlay/model';
import { makeLandingLogs } from '@overlay/storage';
import { type Benchmark, rounded } from './benchmark.ts';
import { makeChain } from './chain.ts';

/** Everything is measured warm: what happens before this share of the rows is in does not count. */
const WARM_SHARE = 0.2;
/** About as many as one landing has under load. */
const TRANSACTIONS_PER_LANDING = 500;

/** What the evidence log adds to landing, in this process: digests, trees, leaves and tiles. Making and encoding the rows is not measured. */
export const evidence: Benchmark = {
  name: 'evidence',
  what: 'what the evidence log adds to the landing of an event, on one core, without servers',
  rows: 500_000,
  async run({ rows, tell }) {
    const chain = makeChain();
    const logs = makeLandingLogs(Buffer.alloc(32, 1).toString('base64'));
    const totals = { rows: 0, bytes: 0, transactions: 0, digest_us: 0, leaf_us: 0 };
    let log = new TiledLog();
    const take = (records: readonly WrittenRecord<ChangeEvent>[], encoded: readonly (readonly Buffer[])[]): void => {
      const begin = process.threadCpuUsage();
      const leaves = logs.leavesOf(records);
      for (const [place, some] of encoded.entries()) {
        leaves.begin(place);
        for (const row of some) leaves.take(row, 0, row.length);
      }
      const middle = process.threadCpuUsage(begin);
      const hashes: Hash[] = records.map((_, place) => leaves.leafOf(place).leaf);
      log = log.append(hashes).log;
      const end = process.threadCpuUsage(begin);
      totals.digest_us += middle.user + middle.system;
      totals.leaf_us += end.user + end.system - middle.user - middle.system;
      totals.transactions += records.length;
      for (const row of encoded.flat()) [totals.rows, totals.bytes] = [totals.rows + 1, totals.bytes + row.length];
    };
    const warm = { ...totals };
    while (totals.rows < rows) {
      if (totals.rows < rows * WARM_SHARE) Object.assign(warm, totals);
      const records = Array.from({ length: TRANSACTIONS_PER_LANDING }, () => writtenOf(chain.next()));
      take(records, records.map(encodedRows));
    }
    const events = totals.rows - warm.rows;
    const us_per_event = (total: 'digest_us' | 'leaf_us') => (totals[total] - warm[total]) / events;
    tell(`${log.range.size} leaves over ${totals.rows} events`);
    return {
      evidence_us_per_event: rounded(us_per_event('digest_us') + us_per_event('leaf_us')),
      digest_us_per_event: rounded(us_per_event('digest_us')),
      leaf_us_per_event: rounded(us_per_event('leaf_us')),
      events_per_transaction: rounded(events / (totals.transactions - warm.transactions)),
      bytes_per_event: rounded((totals.bytes - warm.bytes) / events),
    };
  },
};

const writtenOf = (record: DenseRecord<ChangeEvent>): WrittenRecord<ChangeEvent> => ({
  record,
  bodies: [...record.items].map((event) => canonicalJson(event as never)),
});

/** The rows as COPY has them. */
function encodedRows({ record, bodies }: WrittenRecord<ChangeEvent>): Buffer[] {
  const texts = [...bodies];
  return [...record.items].map(({ eventId, source, operation }, index) =>
    eventRowBytes({
      source: source.name,
      sequence: record.sequence,
      ordinal: index + 1,
      commitUs: microsecondsOf(record.timestamp),
      eventId,
      database: source.database,
      table: source.table,
      operation,
      body: texts[index] ?? '',
    }),
  );
}
