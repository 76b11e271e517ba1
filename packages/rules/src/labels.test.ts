import { expect, test } from '@jest/globals';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { LENDING } from './testing/lending.ts';
import { eventsOf, insert, record, remove, runInfer, update } from './testing/rows.ts';

const parsed = parsePack(LENDING, 'lending.yaml');
if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
const infer = makeInfer(parsed.pack, identify);
const line = (loan: string, tool: string | null, fee: string | null) =>
  insert('lines', { loan, tool, fee, scanned_by: null });
const shelf = update('shelves', { tool: '5', units: '3' }, { tool: '5', units: '2' });
const person = (id: string, name: string) => insert('people', { id, name, changed_by: null });

test('a remembered value is the newest of its key, and outlives its row', () => {
  const gone = remove('lines', { loan: '2', tool: '5', fee: '4.00', scanned_by: null });
  const { outcomes, memory } = runInfer(infer, [
    record(1, [shelf]),
    record(2, [line('1', '5', '3.50'), line('1', null, '9')]),
    record(3, [line('2', '5', '4.00')]),
    record(4, [gone]),
    record(5, [shelf]),
    record(6, [line('3', '5', null)]),
    record(7, [shelf]),
  ]);
  expect(eventsOf(outcomes).map(({ payload }) => payload.last_fee)).toEqual([null, '4.00', null]);
  expect(eventsOf(outcomes)[0]?.confidence).toBe(1);
  expect(outcomes[3]).not.toHaveProperty('remember');
  expect([...memory]).toEqual([]);
});

test('an update that leaves a remembered value as it was does not make it the newest', () => {
  const older = { loan: '1', tool: '5', fee: '3.50', scanned_by: null };
  const { outcomes } = runInfer(infer, [
    record(1, [update('lines', older, { ...older, scanned_by: '7' })]),
    record(2, [shelf]),
    record(3, [line('2', '5', '4.00')]),
    record(4, [update('lines', older, { ...older, scanned_by: '8' })]),
    record(5, [shelf]),
    record(6, [update('lines', older, { ...older, fee: '3.80' })]),
    record(7, [shelf]),
  ]);
  const fees = eventsOf(outcomes).flatMap(({ type, payload }) => (type === 'shelf.changed' ? [payload.last_fee] : []));
  expect(fees).toEqual(['3.50', '4.00', '3.80']);
});

test('a repair has events, and teaches only what nothing newer gave', () => {
  const repair = { ...record(3, [person('7', 'Old'), person('9', 'Nina'), shelf], undefined, 'repair'), repairs: 1 };
  const { outcomes, memory } = runInfer(infer, [record(2, [person('7', 'Ana')]), repair]);
  expect(eventsOf(outcomes).map(({ type }) => type)).toEqual(['shelf.changed']);
  expect(outcomes[1]?.unexplained).toMatchObject([{ table: 'people', rows: 2 }]);
  expect(Object.fromEntries(memory)).toEqual({ 'label:people:7': 'Ana', 'label:people:9': 'Nina' });
});

test('a repair of what was no act of the business has none', () => {
  const empty = record(2, [], undefined, 'repair');
  const snapshot = record(3, [{ ...shelf, operation: 'READ' as const }], undefined, 'repair');
  expect(eventsOf(runInfer(infer, [empty, snapshot]).outcomes)).toEqual([]);
});
