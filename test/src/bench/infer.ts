import { join } from 'node:path';
import { identify } from '@overlay/evidence';
import type { ChangeEvent, DenseRecord } from '@overlay/model';
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
    const totals = { rows: 0, events: 0, unexplained: 0, ms: 0 };
    const take = (records: readonly DenseRecord<ChangeEvent>[]) => {
      const begin_ms = performance.now();
      const decisions = records.map(step);
      totals.ms += performance.now() - begin_ms;
      for (const { verdict, remember = [] } of decisions) {
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
    const seconds = (totals.ms - warm.ms) / 1000;
    tell(`${totals.rows - warm.rows} rows in ${seconds.toFixed(1)} s`);
    return {
      rows_per_s: rounded((totals.rows - warm.rows) / seconds),
      events_per_s: rounded((totals.events - warm.events) / seconds),
      rows_per_event: rounded((totals.rows - warm.rows) / (totals.events - warm.events)),
    };
  },
};
