import { expect, test } from '@jest/globals';
import type { ChangeEvent, DenseRecord } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { LENDING, LOAN as loan } from './testing/lending.ts';
import { eventsOf, insert, record, runInfer } from './testing/rows.ts';

const parsed = parsePack(LENDING, 'lending.yaml');
if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
const infer = makeInfer(parsed.pack, identify);
const { ruleRowsMax } = parsed.pack;

const line = insert('lines', { loan: '100', tool: '5', fee: '3.50', scanned_by: null });
const copy = (id: number) => insert('_loans_new', { id: String(id) });

/** The record with its rows of helper tables marked as the normalizer marks them. */
function marked(plain: DenseRecord<ChangeEvent>): DenseRecord<ChangeEvent> {
  const items = [...plain.items].map((item) =>
    item.source.table.startsWith('_') ? { ...item, metadata: { ...item.metadata, ghostOf: 'loans' } } : item,
  );
  return { ...plain, items };
}

const typesOf = (of: DenseRecord<ChangeEvent>) => eventsOf(runInfer(infer, [of]).outcomes).map(({ type }) => type);

test('a chunk that a tool copies is no change of the business, however large', () => {
  const rows = Array.from({ length: ruleRowsMax + 1 }, (_, id) => copy(id));
  expect(typesOf(record(1, rows))).toEqual(['bulk.change']);
  expect(typesOf(marked(record(1, rows)))).toEqual([]);
});

test('rows that a trigger copies beside a change of the business hide nothing of it', () => {
  const plain = record(1, [loan, line]);
  const copied = marked(record(1, [loan, line, ...Array.from({ length: ruleRowsMax }, (_, id) => copy(id))]));
  expect(runInfer(infer, [copied]).outcomes).toEqual(runInfer(infer, [plain]).outcomes);
  expect(typesOf(copied)).toEqual(['loan.made']);
});
