import { expect, test } from '@jest/globals';
import { BusinessEvent, type ChangeEvent, type DenseRecord, type RecordKind } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import fc from 'fast-check';
import { makeInfer } from './infer.ts';
import { LENDING, LOAN as loan } from './testing/lending.ts';
import { eventsOf, insert, type RowSpec, read, record, remove, runInfer, update } from './testing/rows.ts';

const parsed = parsePack(LENDING, 'lending.yaml');
if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
const infer = makeInfer(parsed.pack, identify);
const run = (...records: DenseRecord<ChangeEvent>[]) => runInfer(infer, records);

const names = record(1, [
  insert('people', { id: '7', name: 'Ana', changed_by: null, points: '0' }),
  insert('people', { id: '8', name: 'Bruno', changed_by: null, points: '0' }),
  insert('tools', { shop: '1', id: '5', name: 'saw' }),
]);
const line = (tool: string, fee: string, scanned_by: string | null = null) =>
  insert('lines', { loan: '100', tool, fee, scanned_by });
const only = (outcomes: Parameters<typeof eventsOf>[0]): BusinessEvent => {
  const events = eventsOf(outcomes);
  expect(events).toHaveLength(1);
  return BusinessEvent.parse(events[0]);
};

test('a rule joins rows of its transaction into one event, with labels, exact amounts and the rows it rests on', () => {
  const shelf = update('shelves', { tool: '5', units: '3' }, { tool: '5', units: '2' });
  const untouched = update('shelves', { tool: '5', units: '3' }, { tool: '5', units: '3' });
  const other = insert('lines', { loan: '999', tool: '5', fee: '1', scanned_by: null });
  const { outcomes } = run(names, record(2, [line('5', '3.5'), loan, shelf, untouched, other]));
  const event = only(outcomes);
  expect(event).toMatchObject({
    type: 'loan.made',
    entityType: 'loan',
    entityId: '100',
    timestamp: '2026-03-10T15:00:00.000000Z',
    actor: { id: '8', label: 'Bruno', grade: 'inferred' },
    payload: {
      person: 'Ana',
      fee: '3.50',
      kind: 'day',
      tools: [{ tool: '5', name: 'saw' }],
      count: '1',
      points: 'unchanged',
      closed: false,
      occurred_at: '2026-03-10 10:00:00',
    },
    confidence: 1,
    rule: 'loan.made',
    ruleVersion: 2,
  });
  const ids = [...record(2, [line('5', '3.5'), loan, shelf]).items];
  expect(new Set(event.sourceEventIds)).toEqual(new Set(ids.map(({ eventId }) => eventId)));
  expect(event.eventId).toBe(identify('shop', 'gtid:2', 'loan.made', event.sourceEventIds[0] ?? ''));
});

test('what the rows do not bear out lowers the confidence and is stated', () => {
  const { outcomes } = run(names, record(2, [loan, line('5', '3.00')]));
  expect(only(outcomes)).toMatchObject({
    confidence: 0.5,
    payload: { doubts: ['the fee is not the sum of the lines'] },
  });
});

test.each([['free'], [null]])(
  'a doubt that cannot be checked counts as one, and accuses nobody: a fee that is %j',
  (fee) => {
    const { outcomes } = run(
      names,
      record(2, [loan, insert('lines', { loan: '100', tool: '5', fee, scanned_by: null })]),
    );
    expect(only(outcomes)).toMatchObject({
      confidence: 0.5,
      payload: { doubts: ['cannot be checked: the fee is not the sum of the lines'] },
    });
  },
);

test('a name that is not known is null, and lowers the confidence once per table', () => {
  const { outcomes } = run(record(2, [loan, line('5', '1.5'), line('6', '2')]));
  expect(only(outcomes)).toMatchObject({
    actor: { id: '8', label: null },
    payload: {
      person: null,
      tools: [
        { tool: '5', name: null },
        { tool: '6', name: null },
      ],
      doubts: [
        'a name of people is not known: its row did not come yet, or is gone',
        'a name of tools is not known: its row did not come yet, or is gone',
      ],
    },
    confidence: 0.81,
  });
});

test('a column that is not there makes its field null, and lowers the confidence', () => {
  const { kind: _, ...rest } = loan.after ?? {};
  const { fee: __, ...poor } = loan.after ?? {};
  expect(only(run(names, record(2, [insert('loans', poor), line('5', '1')])).outcomes)).toMatchObject({
    payload: { fee: null, doubts: [expect.any(String), 'fee is not known: a column is missing'] },
    confidence: 0.25,
  });
  const { outcomes } = run(names, record(2, [insert('loans', rest), line('5', '1')]));
  expect(eventsOf(outcomes)).toEqual([]);
  expect(outcomes[1]?.verdict).toMatchObject({
    kind: 'emit',
    faults: [
      {
        code: 'rule.failed',
        detail: 'rule loan.made version 2 could not be evaluated on 1 of its rows (anchor.where: no_such_key)',
        sequence: 2,
      },
    ],
  });
});

test('a rule that fails on one row leaves the others and the other rules alone, and tells no values', () => {
  const bad = remove('loans', { id: '1', person: '7', fee: 'SECRET' });
  const good = remove('loans', { id: '2', person: '7', fee: '3' });
  const { outcomes } = run(names, record(2, [bad, good, loan, line('5', '3.50')]));
  expect(eventsOf(outcomes).map(({ type, entityId }) => [type, entityId])).toEqual([
    ['loan.made', '100'],
    ['loan.ended', '2'],
  ]);
  expect(eventsOf(outcomes)[1]).toMatchObject({ payload: { fee_in_cents: '300' }, confidence: 0.8 });
  const verdict = outcomes[1]?.verdict;
  expect(verdict?.kind === 'emit' && verdict.faults).toHaveLength(1);
  expect(JSON.stringify(verdict?.kind === 'emit' && verdict.faults)).not.toContain('SECRET');
});

test('the actor is exact where the application said it, in the statement of the row or in all others that say it', () => {
  const actorOf = (...rows: RowSpec[]) => only(run(names, record(2, rows)).outcomes).actor;
  const saying = (row: RowSpec, actor: string): RowSpec => ({ ...row, context: { actor, app: 'desk' } });
  expect(actorOf(saying(loan, '7'), line('5', '3.50', '8'))).toEqual({ id: '7', label: 'Ana', grade: 'exact' });
  expect(actorOf(loan, saying(line('5', '3.50', '8'), '7'))).toEqual({ id: '7', label: 'Ana', grade: 'exact' });
  expect(actorOf(loan, saying(line('5', '1.50', '8'), '7'), saying(line('6', '2', '8'), '8')).grade).toBe(
    'corroborated',
  );
  expect(actorOf({ ...loan, context: { app: 'desk' } }, line('5', '3.50', '7')).grade).toBe('inferred');
});

test('the actor is corroborated when two columns agree, unknown when none speaks, and read from the transaction when the row is silent', () => {
  const actorOf = (...rows: RowSpec[]) => only(run(names, record(2, rows)).outcomes).actor;
  const anonymous = { ...loan, after: { ...loan.after, clerk: null } };
  expect(actorOf(loan, line('5', '3.50', '8'))).toEqual({ id: '8', label: 'Bruno', grade: 'corroborated' });
  expect(actorOf(loan, line('5', '3.50', '7')).grade).toBe('inferred');
  expect(actorOf(anonymous, line('5', '3.50', '7'))).toEqual({ id: '7', label: 'Ana', grade: 'inferred' });
  expect(actorOf(anonymous, line('5', '1.50', '7'), line('6', '2', '8')).grade).toBe('unknown');
  expect(actorOf(anonymous, line('5', '3.50'))).toEqual({ id: null, label: null, grade: 'unknown' });
});

test('a join of one gives the row itself; conditions that do not hold give no event', () => {
  const points = update(
    'people',
    { id: '7', name: 'Ana', points: '0', changed_by: null },
    { id: '7', name: 'Ana', points: '9', changed_by: null },
  );
  expect(only(run(names, record(2, [loan, line('5', '3.50'), points])).outcomes).payload.points).toBe('9');
  expect(eventsOf(run(names, record(2, [loan])).outcomes)).toEqual([]);
  expect(
    eventsOf(run(names, record(2, [{ ...loan, after: { ...loan.after, kind: 'test' } }, line('5', '1')])).outcomes),
  ).toEqual([]);
});

test('labels follow their table: snapshot, update, new key, delete, and a name given in the same transaction', () => {
  const person = (id: string, name: string | null) => ({ id, name, changed_by: null });
  const { memory, outcomes } = run(
    record(1, [read('people', person('1', 'Eva')), read('people', person('2', 'Ida'))], undefined, 'snapshot'),
    record(2, [update('people', person('1', 'Eva'), person('1', 'Eva Luz'))]),
    record(3, [update('people', person('1', 'Eva Luz'), person('1', 'Eva Luz'))]),
    record(4, [
      update('people', person('1', 'Eva Luz'), person('11', 'Eva Luz')),
      remove('people', person('2', 'Ida')),
    ]),
    record(5, [insert('people', person('3', null))]),
    record(6, [
      { ...loan, after: { ...loan.after, person: '4' } },
      line('5', '3.50'),
      insert('people', person('4', 'Leo')),
    ]),
  );
  expect(outcomes.slice(0, 5).map(({ remember }) => remember)).toEqual([
    [
      ['label:people:1', 'Eva'],
      ['label:people:2', 'Ida'],
    ],
    [['label:people:1', 'Eva Luz']],
    undefined,
    [
      ['label:people:1', null],
      ['label:people:11', 'Eva Luz'],
      ['label:people:2', null],
    ],
    undefined,
  ]);
  expect(Object.fromEntries(memory)).toEqual({
    'label:people:11': 'Eva Luz',
    'label:people:4': 'Leo',
    'value:lines:fee:5': '3.50',
  });
  expect(only(outcomes).payload.person).toBe('Leo');
});

test('every record gives one record, whatever its kind, and only transactions have events', () => {
  const kinds: RecordKind[] = ['snapshot', 'schema_change', 'truncate', 'set_aside', 'transaction'];
  const records = kinds.map((kind, index) => record(index + 1, [loan, line('5', '3.50')], undefined, kind));
  const { outcomes } = run(...records, record(6, []));
  expect(
    outcomes.map(({ verdict }) => verdict.kind === 'emit' && [verdict.out.sequence, verdict.out.items.length]),
  ).toEqual([1, 2, 3, 4, 5, 6].map((sequence) => [sequence, sequence === 5 ? 1 : 0]));
  expect(outcomes[3]?.verdict).toMatchObject({ out: { kind: 'set_aside', transactionId: 'gtid:4' } });
});

test('a large transaction costs its rows, not their product', () => {
  const count = 2000;
  const numbers = Array.from({ length: count }, (_, index) => `${index}`);
  const rows = [
    ...numbers.map((id) => ({ ...loan, after: { ...loan.after, id } })),
    ...numbers.map((id) => insert('lines', { loan: id, tool: id, fee: '3.50', scanned_by: null })),
  ];
  let looks = 0;
  const whole = record(2, rows);
  const items = [...whole.items].map((row) =>
    Object.defineProperty({ ...row }, 'after', {
      get: () => {
        looks++;
        return row.after;
      },
    }),
  );
  const { outcomes } = run(names, { ...whole, items });
  expect(eventsOf(outcomes)).toHaveLength(count);
  expect(looks).toBeLessThan(rows.length * 20);
});

const anyRows = fc.array(
  fc.oneof(
    fc.record({ id: fc.nat(5), person: fc.nat(4) }).map(({ id, person }) => ({
      ...loan,
      after: { ...loan.after, id: `${id}`, person: `${person}` },
    })),
    fc
      .record({ loan: fc.nat(5), tool: fc.nat(3) })
      .map((each) => insert('lines', { loan: `${each.loan}`, tool: `${each.tool}`, fee: '3.50', scanned_by: null })),
    fc.nat(4).map((id) => insert('people', { id: `${id}`, name: `person ${id}`, changed_by: null })),
    fc.nat(3).map((tool) => update('shelves', { tool: `${tool}`, units: '2' }, { tool: `${tool}`, units: '1' })),
  ),
  { maxLength: 25 },
);

/** Everything of an event that does not say in which order its rows came. */
function meaning(events: readonly BusinessEvent[]): unknown[] {
  const sorted = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).sort();
  return sorted(
    events.map((event) => ({
      ...event,
      sourceEventIds: sorted(event.sourceEventIds),
      payload: { ...event.payload, tools: sorted((event.payload.tools ?? []) as readonly unknown[]) },
    })),
  );
}

test('the order of rows within a transaction does not matter for what it means', () => {
  fc.assert(
    fc.property(anyRows, fc.infiniteStream(fc.nat()), (rows, chance) => {
      const unique = [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
      const shuffled = unique
        .map((row) => ({ row, at: chance.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ row }) => row);
      const [plain, other] = [run(record(1, unique)), run(record(1, shuffled))];
      expect(meaning(eventsOf(other.outcomes))).toEqual(meaning(eventsOf(plain.outcomes)));
      expect([...other.memory].sort()).toEqual([...plain.memory].sort());

      const arrived = record(1, unique);
      const upside = { ...arrived, items: [...arrived.items].toReversed() };
      expect(run(upside).outcomes).toEqual(run(arrived).outcomes);
    }),
    { numRuns: 200 },
  );
});

test('splitting into batches, restarts and repeats do not matter', () => {
  fc.assert(
    fc.property(
      fc.array(anyRows, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (transactions, every) => {
        const records = transactions.map((rows, index) => record(index + 1, rows));
        const whole = runInfer(infer, records);
        const pieces = runInfer(infer, records, every);
        expect(pieces.outcomes).toEqual(whole.outcomes);
        expect(pieces.memory).toEqual(whole.memory);
        expect(runInfer(infer, records).outcomes).toEqual(whole.outcomes);
      },
    ),
    { numRuns: 100 },
  );
});
