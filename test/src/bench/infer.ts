import { join } from 'node:path';
import { identify } from '@overlay/evidence';
import { type ChangeEvent, type DenseRecord, decideAtOnce } from '@overlay/model';
import { loadPack } from '@overlay/packs/load';
import { type Label, makeInfer } from '@overlay/rules';
import { type Benchmark, rounded } from './benchmark.ts';
import { makeChain } from './chain.ts';

/** Everything is measured warm: what happens before this share of the rows is in does not count. */
const WARM_SHARE = 0.2;
const TRANSACTIONS_PER_BATCH = 1000;

/** The fold of the inferencer alone, in this process, by the pharmacy's pack. Making the transactions is not measured. */
export const infer: Benchmark = {
  name: 'infer',
  what: 'transactions of a chain of pharmacies into business events, on one core, without servers',
  rows: 1_000_000,
  async run({ rows, tell }) {
    const pack = await loadPack(join(import.meta.dirname, '../../../packs/pharmacy'));
    const chain = makeChain();
    const memory = new Map<string, Label>();
    const step = makeInfer(pack, identify).open({
      source: chain.source,
      landed: 0,
      gtids: { has: () => false },
      recall: (key) => memory.get(key),
      accepted: new Set(),
      newItems: <Item>(): Item[] => [],
    });
    const totals = { rows: 0, events: 0, unexplained: 0, ms: 0, cpu_us: 0 };
    const take = (records: readonly DenseRecord<ChangeEvent>[]) => {
      const [begin_ms, begin] = [performance.now(), process.threadCpuUsage()];
      const decisions = records.map((record) => decideAtOnce(step, record));
      const { user, system } = process.threadCpuUsage(begin);
      totals.ms += performance.now() - begin_ms;
      totals.cpu_us += user + system;
      for (const { verdict, remember = [], unexplained = [] } of decisions) {
        totals.unexplained += unexplained.reduce((sum, change) => sum + change.rows, 0);
        for (const [key, label] of remember) if (label !== null) memory.set(key, label);
        if (verdict.kind !== 'emit' || verdict.faults) throw new Error(`a rule failed: ${JSON.stringify(verdict)}`);
        totals.events += verdict.out.items.length;
      }
      totals.rows += records.reduce((sum, { items }) => sum + items.length, 0);
    };

    take([chain.founding()]);
    const warm = { ...totals };
    while (totals.rows < rows) {
      if (totals.rows < rows * WARM_SHARE) Object.assign(warm, totals);
      take(Array.from({ length: TRANSACTIONS_PER_BATCH }, chain.next));
    }
    const of = { rows: totals.rows - warm.rows, events: totals.events - warm.events, ms: totals.ms - warm.ms };
    tell(`${of.rows} rows in ${(of.ms / 1000).toFixed(1)} s`);
    return {
      rows_per_s: rounded((1000 * of.rows) / of.ms),
      events_per_s: rounded((1000 * of.events) / of.ms),
      cpu_us_per_row: rounded((totals.cpu_us - warm.cpu_us) / of.rows),
      rows_per_event: rounded(of.rows / of.events),
      unexplained_share: rounded((totals.unexplained - warm.unexplained) / of.rows),
    };
  },
};
