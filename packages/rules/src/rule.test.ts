import { expect, test } from '@jest/globals';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { LENDING, LOAN as loan } from './testing/lending.ts';
import { eventsOf, insert, record, remove, runInfer, update } from './testing/rows.ts';

const inferOf = (from: string, to: string, idOf = identify) => {
  expect(LENDING).toContain(from);
  const parsed = parsePack(LENDING.replace(from, to), 'lending.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return makeInfer(parsed.pack, idOf);
};
const line = (tool: string | null, more: string | null = '100') =>
  insert('lines', { loan: more, tool, fee: '3.50', scanned_by: null });
const shelf = update('shelves', { tool: '5', units: '3' }, { tool: '5', units: '2' });

test.each([
  ['when: [size(lines) > 0]', `when: ["label('people', after.person) == null"]`],
  ['entity: { type: loan, id: after.id }', `entity: { type: loan, id: "label('people', after.person)" }`],
  ['doubts:\n', `doubts:\n      - { when: "label('people', after.person) == null", factor: 0.5, note: nobody }\n`],
  ['      fee: after.fee', `      fee: label('people', after.person)`],
])('a bug stops the stage, and is not taken for a rule that failed: %j as %j', (from, to) => {
  const step = inferOf(from, to).open({
    source: 'shop',
    landed: 0,
    gtids: { has: () => false },
    recall: (key) => {
      if (key.startsWith('label:')) throw new Error('a bug');
      return undefined;
    },
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  expect(() => step(record(1, [loan, line('5')]))).toThrow('a bug');
});

test('an error outside of expressions is a bug too', () => {
  const broken = inferOf('loans: { key: [id] }', 'loans: { key: [id] }', () => {
    throw new Error('no ids');
  });
  expect(() => runInfer(broken, [record(1, [shelf])])).toThrow('no ids');
});

test('an entity whose id is a list or nothing is a fault of its rule', () => {
  const infer = inferOf('entity: { type: tool, id: after.tool }', 'entity: { type: tool, id: "[after.tool]" }');
  expect(runInfer(infer, [record(1, [shelf])]).outcomes[0]?.verdict).toMatchObject({
    faults: [{ code: 'rule.failed', detail: expect.stringContaining('entity.id: not_a_key') }],
  });
});

test.each([
  ["where: after.kind != 'test'", 'where: after.kind', 'anchor.where'],
  ['where: after.units != before.units }', 'where: after.units }', 'joins'],
  ['when: [size(lines) > 0]', 'when: [after.kind]', 'when[0]'],
])('a condition that is neither true nor false is a fault of its rule: %j as %j', (from, to, place) => {
  const { outcomes } = runInfer(inferOf(from, to), [record(1, [loan, line('5'), shelf])]);
  expect(outcomes[0]?.verdict).toMatchObject({
    faults: [{ code: 'rule.failed', detail: expect.stringContaining(`(${place}: not_a_boolean)`) }],
  });
});

test('a column that is null joins nothing', () => {
  const infer = inferOf("label('tools', after.shop + ',' + l.after.tool)", "'a tool'");
  const { outcomes } = runInfer(infer, [record(1, [loan, line(null), line('6', null), shelf])]);
  const events = eventsOf(outcomes);
  expect(events.map(({ type, sourceEventIds }) => [type, sourceEventIds.length])).toEqual([
    ['loan.made', 2],
    ['shelf.changed', 1],
  ]);
  expect(outcomes[0]?.unexplained).toMatchObject([{ table: 'lines', operation: 'INSERT', rows: 1 }]);
});

test.each([
  ["minus(after.fee, '1')", { fee: null }, 'a value is no number'],
  ["isOpen(after.made_at, after.shop) ? 'a' : 'b'", { made_at: 'soon' }, 'a value is no time'],
  ['after.fee.size()', { fee: null }, 'a value is null or of another kind'],
  ['after.colour', {}, 'a column is missing'],
])('a field that cannot be evaluated costs half of the confidence, not the event: %s', (value, values, why) => {
  const infer = inferOf('      fee: after.fee', `      fee: "${value}"`);
  const given = { ...loan, after: { ...loan.after, ...values } };
  const [event] = eventsOf(runInfer(infer, [record(1, [given, line('5')])]).outcomes);
  expect(event?.payload.fee).toBeNull();
  expect(event?.payload.doubts).toContain(`fee is not known: ${why}`);
});

test('rules that give way to one that could not be evaluated still do, and its rows stay unexplained', () => {
  const failing = inferOf('when: [size(lines) > 0]', 'when: [int(after.fee) > 0]');
  const { outcomes } = runInfer(failing, [record(1, [loan, line('5'), shelf])]);
  expect(eventsOf(outcomes)).toEqual([]);
  expect(outcomes[0]?.verdict).toMatchObject({ faults: [{ code: 'rule.failed' }] });
  expect(outcomes[0]?.unexplained?.map(({ table }) => table)).toEqual(['lines', 'loans', 'shelves']);
});

test('names of rows without a key are not learned', () => {
  const infer = inferOf('loans: { key: [id] }', 'loans: { key: [id] }');
  const nameless = insert('people', { id: null, name: 'nobody', changed_by: null });
  expect(runInfer(infer, [record(1, [nameless, remove('people', { id: '1', name: 'x' })])]).memory.size).toBe(0);
});
