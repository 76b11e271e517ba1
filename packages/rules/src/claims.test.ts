import { expect, test } from '@jest/globals';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import { makeInfer } from './infer.ts';
import { LENDING, LOAN as loan } from './testing/lending.ts';
import { eventsOf, insert, type RowSpec, record, remove, runInfer, update } from './testing/rows.ts';

const packOf = (text: string) => {
  const parsed = parsePack(text, 'lending.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return parsed.pack;
};
const infer = makeInfer(packOf(LENDING), identify);
const outcomeOf = (...rows: RowSpec[]) => runInfer(infer, [record(1, rows)]).outcomes[0];
const typesOf = (...rows: RowSpec[]) => eventsOf(runInfer(infer, [record(1, rows)]).outcomes).map(({ type }) => type);

const line = insert('lines', { loan: '100', tool: '5', fee: '3.50', scanned_by: null });
const shelf = (tool: string) => update('shelves', { tool, units: '3' }, { tool, units: '2' });

test('a row that an event rests on is passed over by a rule that gives way to it, another row is not', () => {
  expect(typesOf(loan, line, shelf('5'), shelf('6'))).toEqual(['loan.made', 'shelf.changed']);
  expect(typesOf(shelf('5'))).toEqual(['shelf.changed']);
});

test('an event does not rest on rows of a join that claims none, though it sees them', () => {
  const looking = makeInfer(
    packOf(LENDING.replace('on: { loan: id } }', 'on: { loan: id }, claims: false }')),
    identify,
  );
  const { outcomes } = runInfer(looking, [record(1, [loan, line])]);
  const [first] = [...record(1, [loan, line]).items];
  expect(eventsOf(outcomes)).toMatchObject([{ payload: { count: '1' }, sourceEventIds: [first?.eventId] }]);
  expect(outcomes[0]?.unexplained).toMatchObject([{ table: 'lines', rows: 1 }]);
});

test('a rule gives way to those it names only', () => {
  const open = makeInfer(
    packOf(LENDING.replace('unlessClaimedBy: [loan.made]', 'unlessClaimedBy: [loan.ended]')),
    identify,
  );
  const { outcomes } = runInfer(open, [record(1, [loan, line, shelf('5')])]);
  expect(eventsOf(outcomes).map(({ type }) => type)).toEqual(['loan.made', 'shelf.changed']);
});

test('rows that no event rests on are counted by table and operation, with the first of them', () => {
  const stray = [remove('lines', { loan: '1', tool: '5' }), remove('lines', { loan: '1', tool: '6' })];
  const rows = [loan, line, insert('tools', { shop: '1', id: '5', name: 'saw' }), ...stray];
  const [, , tool, first] = [...record(1, rows).items];
  expect(outcomeOf(...rows)?.unexplained).toEqual([
    {
      source: 'shop',
      sequence: 1,
      timestamp: '2026-03-10T15:00:00.000000Z',
      database: 'shop',
      table: 'lines',
      operation: 'DELETE',
      rows: 2,
      firstEventId: first?.eventId,
    },
    expect.objectContaining({ table: 'tools', operation: 'INSERT', rows: 1, firstEventId: tool?.eventId }),
  ]);
});

test('an event that could not be made claims nothing', () => {
  const bad = remove('loans', { id: '1', person: '7', fee: 'free' });
  expect(outcomeOf(bad)).toMatchObject({
    verdict: { faults: [{ code: 'rule.failed' }] },
    unexplained: [{ table: 'loans', rows: 1 }],
  });
});

test('tables that the pack ignores, snapshots and explained rows leave nothing unexplained', () => {
  expect(outcomeOf(insert('visits', { id: '1' }), loan, line)).not.toHaveProperty('unexplained');
  const [snapshot] = runInfer(infer, [
    record(1, [insert('tools', { shop: '1', id: '5', name: 'saw' })], undefined, 'snapshot'),
  ]).outcomes;
  expect(snapshot).not.toHaveProperty('unexplained');
});

test('rows of another database are neither matched nor learned, and are unexplained', () => {
  const named = makeInfer(packOf(LENDING.replace('tables:', 'databases: [shop]\ntables:')), identify);
  const person = insert('people', { id: '7', name: 'Eva', changed_by: null });
  const rows = [loan, line, person, insert('visits', { id: '1' })];
  const other = (sequence: number) => {
    const whole = record(sequence, rows);
    const items = [...whole.items].map((row) => ({ ...row, source: { ...row.source, database: 'hr' } }));
    return { ...whole, items };
  };
  const { outcomes, memory } = runInfer(named, [other(1), record(2, rows)]);
  expect(eventsOf(outcomes).map(({ type }) => type)).toEqual(['loan.made']);
  expect(outcomes[0]?.unexplained?.map(({ database, table }) => `${database}.${table}`)).toEqual([
    'hr.lines',
    'hr.loans',
    'hr.people',
    'hr.visits',
  ]);
  expect(outcomes[0]).not.toHaveProperty('remember');
  expect(memory.get('label:people:7')).toBe('Eva');
  // A pack that names none speaks of every database.
  expect(eventsOf(runInfer(infer, [other(1)]).outcomes).map(({ type }) => type)).toEqual(['loan.made']);
});

test('a TRUNCATE is an event of the engine, its repair too; of a table that the pack ignores it is none', () => {
  const truncate = (sequence: number, table: string) => {
    const whole = record(sequence, [{ table, operation: 'TRUNCATE' }], undefined, 'truncate');
    return sequence === 1 ? whole : { ...whole, kind: 'repair' as const, repairs: 1 };
  };
  const { outcomes } = runInfer(infer, [truncate(1, 'loans'), truncate(2, 'loans'), truncate(3, 'visits')]);
  const events = eventsOf(outcomes);
  expect(events).toMatchObject(
    [1, 2].map((sequence) => ({
      type: 'table.truncated',
      entityType: 'table',
      entityId: 'shop.loans',
      payload: { database: 'shop', table: 'loans' },
      confidence: 1,
      rule: 'table.truncated',
      sourceEventIds: [[...truncate(sequence, 'loans').items][0]?.eventId],
    })),
  );
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
});

test('above its bound a transaction is one bulk.change, which explains all of its rows and still teaches names', () => {
  const small = makeInfer(packOf(LENDING.replace('tables:', 'ruleRowsMax: 2\ntables:')), identify);
  const rows = [1, 2, 3].map((id) => insert('people', { id: `${id}`, name: `person ${id}`, changed_by: null }));
  const { outcomes, memory } = runInfer(small, [record(1, rows), record(2, rows, undefined, 'snapshot')]);
  const ids = [...record(1, rows).items].map(({ eventId }) => eventId);
  expect(eventsOf(outcomes)).toMatchObject([
    {
      type: 'bulk.change',
      payload: { rows: '3', tables: { 'shop.people': { INSERT: '3' } } },
      sourceEventIds: [ids[0], ids[2]],
      confidence: 1,
    },
  ]);
  expect(outcomes[0]).not.toHaveProperty('unexplained');
  expect(memory.get('label:people:3')).toBe('person 3');
});

test('a record above the bound is decided on in steps, none of which goes through many of its rows', () => {
  const COUNT = 9000;
  const rows = Array.from({ length: COUNT }, (_, id) =>
    insert('people', { id: `${id}`, name: `person ${id}`, changed_by: null }),
  );
  let seen = 0;
  const whole = record(1, rows);
  const watched = {
    ...whole,
    items: {
      length: COUNT,
      *[Symbol.iterator]() {
        for (const item of whole.items) {
          seen++;
          yield item;
        }
      },
    },
  };
  const step = makeInfer(packOf(LENDING.replace('tables:', 'ruleRowsMax: 2\ntables:')), identify).open({
    source: 'shop',
    landed: 0,
    gtids: { has: () => false },
    recall: () => undefined,
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const steps: number[] = [];
  let decision = step(watched);
  for (; decision.isUnderWay; decision = step(watched)) steps.push(seen - steps.reduce((sum, more) => sum + more, 0));
  expect(steps.length).toBeGreaterThan(3);
  expect(Math.max(...steps)).toBeLessThan(COUNT / 3);
  expect(seen).toBe(COUNT);
  expect(decision.verdict).toMatchObject({ kind: 'emit', out: { items: [{ payload: { rows: String(COUNT) } }] } });
  expect(decision.remember).toHaveLength(COUNT);
});
