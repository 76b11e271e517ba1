import { expect, test } from '@jest/globals';
import { type BusinessEvent, withItems } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { differencesOf, makeReplay, rememberedTables } from './replay.ts';
import { LENDING, LOAN } from './testing/lending.ts';
import { eventsOf, insert, record, remove, runInfer } from './testing/rows.ts';

function packOf(text: string) {
  const parsed = parsePack(text, 'lending.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return parsed.pack;
}

const pack = packOf(LENDING);
const names = record(1, [insert('people', { id: '7', name: 'Ana', changed_by: null, points: '0' })]);
const loan = record(2, [LOAN, insert('lines', { loan: '100', tool: '5', fee: '3.50', scanned_by: null })]);
const bodyOf = (event: BusinessEvent) => JSON.stringify(event);

test('the rows of tables with names or remembered values alone are needed of what came before', () => {
  expect([...rememberedTables(pack)].sort()).toEqual(['lines', 'people', 'tools']);
});

test('what is learned before a stretch is known in it: the events are those of the stage', () => {
  const replay = makeReplay(pack, identify, 'shop');
  replay.learn(names);
  const made = replay.apply(loan);
  const landed = eventsOf(runInfer(makeInfer(pack, identify), [names, loan]).outcomes);
  expect([...made.record.items]).toEqual(landed);
  expect(made).toMatchObject({ faults: [], unexplained: [] });
  expect(made.record.items.length).toBe(1);
});

test('rows that nothing explains, and rules that cannot be evaluated, are told', () => {
  const replay = makeReplay(pack, identify, 'shop');
  const made = replay.apply(
    record(3, [insert('tools', { shop: '1', id: '5', name: 'saw' }), remove('loans', { id: '9' })]),
  );
  expect(made.unexplained.map(({ table, operation, rows }) => [table, operation, rows])).toContainEqual([
    'tools',
    'INSERT',
    1,
  ]);
  expect(made.faults).toEqual([expect.stringContaining('rule loan.ended version 1 could not be evaluated')]);
});

test('a very large record is gone through to its end', () => {
  const rows = Array.from({ length: pack.ruleRowsMax + 1 }, (_, id) =>
    insert('loans', { id: String(id), kind: 'test' }),
  );
  const made = makeReplay(pack, identify, 'shop').apply(record(4, rows));
  expect([...made.record.items].map(({ type }) => type)).toEqual(['bulk.change']);
});

test('events are the same ones by their ids, and equal by their bytes', () => {
  const [event] = eventsOf(runInfer(makeInfer(pack, identify), [names, loan]).outcomes);
  if (!event) throw new Error('a loan is an event');
  const other = { ...event, confidence: 0.25 };
  const [gone, fresh] = [
    { ...event, eventId: identify('gone') },
    { ...event, eventId: identify('fresh') },
  ];
  expect(differencesOf(2, [event], [event], bodyOf)).toEqual([]);
  expect(differencesOf(2, [event, gone], [other, fresh], bodyOf)).toEqual([
    { kind: 'changed', sequence: 2, event: other, former: event },
    { kind: 'added', sequence: 2, event: fresh },
    { kind: 'removed', sequence: 2, event: gone },
  ]);
});

test('a few rows of helper tables beside few others are left out, row by row', () => {
  const items = [...loan.items].flatMap((item) => [
    item,
    { ...item, eventId: identify('copy', item.eventId), metadata: { ...item.metadata, ghostOf: 'loans' } },
  ]);
  const [outcome] = runInfer(makeInfer(pack, identify), [withItems(loan, items)]).outcomes;
  expect(eventsOf(outcome ? [outcome] : []).map(({ type }) => type)).toEqual(['loan.made']);
  expect(outcome?.unexplained).toBeUndefined();
});
