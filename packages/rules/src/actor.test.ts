import { expect, test } from '@jest/globals';
import { type Actor, type ChangeEvent, type DenseRecord, gradeOf } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { LENDING, LOAN as loan } from './testing/lending.ts';
import { eventsOf, insert, type RowSpec, record, runInfer, update } from './testing/rows.ts';

const inferBy = (text: string) => {
  const parsed = parsePack(text, 'lending.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return makeInfer(parsed.pack, identify);
};
const names = record(1, [
  insert('people', { id: '7', name: 'Ana', changed_by: null }),
  insert('people', { id: '8', name: 'Bruno', changed_by: null }),
]);
const by = (id: string, label: string | null, grade: Actor['grade']): Actor => ({ id, label, grade });
const saying = (row: RowSpec, actor: string): RowSpec => ({ ...row, context: { actor } });
const line = (scanned_by: string | null) => insert('lines', { loan: '100', tool: '5', fee: '3.50', scanned_by });
/** A row that no rule is about. */
const stray = insert('tools', { shop: '1', id: '5', name: 'saw' });

const outcomeOf = (whole: DenseRecord<ChangeEvent>, text = LENDING) =>
  runInfer(inferBy(text), [names, whole]).outcomes[1];
const actorsOf = (...rows: RowSpec[]) => outcomeOf(record(2, rows))?.actor?.actors;

test.each<[string, RowSpec[], readonly Actor[]]>([
  ['nobody says it', [stray], []],
  ['a statement says it, of rows that no event rests on', [stray, saying(stray, '7')], [by('7', 'Ana', 'exact')]],
  ['a statement stands above columns', [saying(stray, '7'), loan, line('8')], [by('7', 'Ana', 'exact')]],
  ['one whom no table names', [saying(stray, 'cron')], [by('cron', null, 'exact')]],
  ['one column', [loan], [by('8', 'Bruno', 'inferred')]],
  ['one column twice', [line('7'), line('7')], [by('7', 'Ana', 'inferred')]],
  ['columns that agree', [loan, line('8')], [by('8', 'Bruno', 'corroborated')]],
  ['columns that contradict each other', [loan, line('7')], [by('8', 'Bruno', 'inferred'), by('7', 'Ana', 'inferred')]],
  ['statements of two', [saying(stray, '7'), saying(stray, '8')], [by('7', 'Ana', 'exact'), by('8', 'Bruno', 'exact')]],
  ['a column that speaks of other operations', [update('loans', loan.after ?? {}, loan.after ?? {})], []],
])('who did a transaction: %s', (_, rows, actors) => {
  expect(actorsOf(...rows)).toEqual(actors);
});

test('the word for a transaction is the grade of its only actor, several or unknown', () => {
  const [ana, bruno] = [by('7', 'Ana', 'exact'), by('8', 'Bruno', 'corroborated')];
  expect([[], [ana], [bruno], [ana, bruno]].map((actors) => gradeOf({ actors }))).toEqual([
    'unknown',
    'exact',
    'corroborated',
    'several',
  ]);
});

test('snapshots and TRUNCATEs are nobody’s acts', () => {
  for (const kind of ['snapshot', 'truncate', 'schema_change'] as const)
    expect(outcomeOf(record(2, [saying(stray, '7')], undefined, kind))).not.toHaveProperty('actor');
});

test('columns of a database that the pack does not speak of name nobody, a statement does', () => {
  const named = LENDING.replace('tables:', 'databases: [hr]\ntables:');
  expect(outcomeOf(record(2, [loan]), named)?.actor?.actors).toEqual([]);
  expect(outcomeOf(record(2, [saying(loan, '7')]), named)?.actor?.actors).toEqual([by('7', null, 'exact')]);
});

test('a transaction above the bound of rules has its actor too, and its event', () => {
  const small = LENDING.replace('tables:', 'ruleRowsMax: 2\ntables:');
  const rows = (...actors: string[]) => actors.map((actor) => saying(stray, actor));
  const one = outcomeOf(record(2, rows('7', '7', '7')), small);
  expect(one?.actor?.actors).toEqual([by('7', 'Ana', 'exact')]);
  expect(one && eventsOf([one])).toMatchObject([{ type: 'bulk.change', actor: by('7', 'Ana', 'exact') }]);
  const two = outcomeOf(record(2, rows('7', '8', '7')), small);
  expect(two?.actor?.actors).toHaveLength(2);
  expect(two && eventsOf([two])).toMatchObject([{ actor: { id: null, grade: 'unknown' } }]);
});

test('a transaction above the bound has the name that its actor has by then', () => {
  const small = inferBy(LENDING.replace('tables:', 'ruleRowsMax: 2\ntables:'));
  const ana = { id: '7', name: 'Ana', changed_by: null };
  const many = (rows: RowSpec) => [rows, saying(stray, '7'), saying(stray, '7')];
  const { outcomes } = runInfer(small, [
    record(1, [insert('people', ana)]),
    record(2, many(update('people', ana, { ...ana, name: 'Anne' }))),
    record(3, many(stray)),
  ]);
  expect(outcomes[2]?.actor?.actors).toEqual([by('7', 'Anne', 'exact')]);
});

test('of a transaction that names very many, a bounded number is kept, and they are still several', () => {
  const { actor } =
    outcomeOf(
      record(
        2,
        Array.from({ length: 300 }, (_, id) => line(String(id))),
      ),
    ) ?? {};
  expect(actor?.actors).toHaveLength(100);
});
