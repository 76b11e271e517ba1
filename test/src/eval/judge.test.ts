import { expect, test } from '@jest/globals';
import type { ActLine } from '@overlay/generator';
import type { BusinessEvent } from '@overlay/model';
import type { Expected } from './expected.ts';
import { type Found, makeJudge, noTally } from './judge.ts';

const AT = '2026-01-15T15:00:00.000001Z';
const acted = (table: string, id: string): ActLine['rows'][number] => ({
  ...{ table, operation: 'INSERT', key: { [`${table.slice(0, -1)}_id`]: id } },
});
const line: ActLine = {
  ...{ act: 'supplier_added', at: AT, keys: {}, facts: {} },
  rows: [acted('suppliers', '7'), ...['1', '2', '3', '4'].map((id) => acted('roles', id))],
};
const rows = line.rows.map(({ table, operation, key }, index) => ({
  ...{ eventId: `row ${index + 1}`, table, operation, primaryKey: key },
}));
const payload = { supplier_id: '7', supplier: 'Andes S.A.C.' };
const wanted: Expected = {
  ...{ type: 'supplier.added', entityType: 'supplier', entityId: '7', confidence: 1 },
  ...{ actor: { id: null, label: null }, payload },
};
const came: BusinessEvent = {
  ...{ ...wanted, actor: { ...wanted.actor, grade: 'unknown' }, payload },
  ...{ eventId: '', timestamp: AT, sourceEventIds: ['row 1'], rule: 'supplier.added', ruleVersion: 1 },
};
const unexplained = [{ table: 'roles', operation: 'INSERT', rows: 4 }] as const;

/** What the judge says of one act that has to give one event and four unexplained roles. */
function judged(given: Omit<Found, 'rows'> & Partial<Found>) {
  const [tally, mistakes] = [noTally(), [] as string[]];
  const outcome = { events: [wanted], unexplained: new Map([['roles INSERT', 4]]) };
  makeJudge(
    () => outcome,
    tally,
    (mistake) => mistakes.push(mistake.replace(/^.*?: /, '')),
  ).judge(line, { rows, ...given });
  return { ...tally, mistakes };
}

test('what is as it has to be gives no mistake', () => {
  expect(judged({ events: [came], unexplained })).toMatchObject({
    ...{ expected: 1, found: 1, matched: 1, payload_errors: 0, mistakes: [] },
    ...{ unexplained_expected: 4, unexplained_found: 4, unexplained_errors: 0 },
  });
});

test('a missing, a doubled and another event are told', () => {
  expect(judged({ events: [], unexplained })).toMatchObject({
    ...{ expected: 1, found: 0, matched: 0, source_errors: 1 },
    mistakes: ['supplier.added of supplier:7 is missing', 'no event rests on 1 rows of suppliers INSERT, not 0'],
  });
  expect(judged({ events: [came, came], unexplained })).toMatchObject({
    ...{ found: 2, matched: 1, mistakes: ['supplier.added of supplier:7 is unfounded, by rule supplier.added'] },
  });
  expect(judged({ events: [{ ...came, entityId: '8' }], unexplained })).toMatchObject({ found: 1, matched: 0 });
});

test.each<[string, Partial<BusinessEvent>]>([
  ['supplier is "Andes", not "Andes S.A.C."', { payload: { ...came.payload, supplier: 'Andes' } }],
  ['supplier is undefined, not "Andes S.A.C."', { payload: { supplier_id: '7' } }],
  ['phone is "1", not undefined', { payload: { ...came.payload, phone: '1' } }],
  ['confidence is 0.9, not 1', { confidence: 0.9 }],
  ['has doubts is true, not false', { payload: { ...came.payload, doubts: ['a name is not known yet'] } }],
  ['actor.id is "2", not null', { actor: { id: '2', label: null, grade: 'inferred' } }],
  [`timestamp is "${AT.replace('1Z', '2Z')}", not "${AT}"`, { timestamp: AT.replace('1Z', '2Z') }],
])('a wrong field is one error: %s', (mistake, difference) => {
  expect(judged({ events: [{ ...came, ...difference }], unexplained })).toMatchObject({
    ...{ matched: 1, payload_errors: 1, mistakes: [`supplier.added of supplier:7: ${mistake}`] },
  });
});

test('rows that are explained, or unexplained, against the truth are told by table', () => {
  const other = [{ table: 'branches', operation: 'INSERT', rows: 4 }] as const;
  expect(judged({ events: [came], unexplained: other })).toMatchObject({
    ...{ unexplained_expected: 4, unexplained_found: 4, unexplained_errors: 2 },
    mistakes: ['0 rows of roles INSERT are unexplained, not 4', '4 rows of branches INSERT are unexplained, not 0'],
  });
});

test.each<[string, Partial<BusinessEvent>]>([
  ['supplier.added of supplier:7 names no rule and version', { rule: '' }],
  ['supplier.added of supplier:7 rests twice on one row', { sourceEventIds: ['row 1', 'row 1'] }],
  ['supplier.added of supplier:7 rests on a row of another transaction', { sourceEventIds: ['row 1', 'row 9'] }],
])('an event that does not rest on the rows of its act is told: %s', (mistake, difference) => {
  expect(judged({ events: [{ ...came, ...difference }], unexplained })).toMatchObject({
    ...{ payload_errors: 0, source_errors: 1, mistakes: [mistake] },
  });
});

test('rows that an event claims against the truth, and rows that are not those of the act, are told', () => {
  expect(judged({ events: [{ ...came, sourceEventIds: ['row 1', 'row 2'] }], unexplained })).toMatchObject({
    ...{ unexplained_errors: 0, mistakes: ['no event rests on 3 rows of roles INSERT, not 4'] },
  });
  expect(judged({ events: [{ ...came, sourceEventIds: ['row 2'] }], unexplained }).mistakes).toEqual([
    'supplier.added of supplier:7 rests on no row of it',
    'no event rests on 3 rows of roles INSERT, not 4',
    'no event rests on 1 rows of suppliers INSERT, not 0',
  ]);
  const others = rows.map((row) => (row.eventId === 'row 5' ? { ...row, primaryKey: { role_id: '9' } } : row));
  expect(judged({ events: [came], unexplained, rows: others }).mistakes).toEqual([
    '0 rows roles INSERT role_id=4 are in the record, not 1',
    '1 rows roles INSERT role_id=9 are in the record, not 0',
  ]);
});
