import type { DenseRecord, RecordKind } from '@overlay/model';
import { GtidSet } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import { makeAssemble } from '../assemble.ts';
import type { RawRecord } from '../raw-record.ts';

/** What the fold makes of raw records, from nothing, in one life: what it emits, and the codes of what it refuses. */
export function runFold(records: Iterable<RawRecord>, source = 'shop') {
  const out: DenseRecord<WrittenChange>[] = [];
  const refused: string[] = [];
  const gtids = GtidSet.parse('');
  const memory = new Map<string, unknown>();
  const start = {
    source,
    landed: 0,
    gtids,
    recall: (key: string) => memory.get(key),
    accepted: new Set<string>(),
    newItems: <Item>(): Item[] => [],
  };
  const decide = makeAssemble().open(start);
  for (const record of records) {
    for (let isAgain = true; isAgain; ) {
      const { again = false, gtid, remember = [], verdict } = decide(record);
      isAgain = again;
      if (gtid) gtids.add(gtid);
      for (const [key, value] of remember) memory.set(key, value);
      if (verdict.kind === 'emit') out.push(verdict.out);
      if (verdict.kind === 'reject') refused.push(verdict.fault.code);
      if (verdict.kind === 'gap') return { out, refused: [...refused, verdict.gap.code] };
    }
  }
  return { out, refused };
}

export const bodiesOf = (records: readonly DenseRecord<WrittenChange>[], kind?: RecordKind): readonly string[] =>
  records.filter((record) => !kind || record.kind === kind).flatMap(({ items }) => [...items].map(({ body }) => body));
