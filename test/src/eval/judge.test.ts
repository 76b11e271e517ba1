import { expect, test } from '@jest/globals';
import type { ActLine } from '@overlay/generator';
import type { BusinessEvent } from '@overlay/model';
import type { Expected } from './expected.ts';
import { type Found, makeJudge, noTally } from './judge.ts';

const AT = '2026-01-15T15:00:00.000001Z';
const line: ActLine = { act: 'supplier_added', at: AT, keys: {}, facts: {}, rows: [] };
const payload = { supplier_id: '7', supplier: 'Andes S.A.C.' };
const wanted: Expected = {
  ...{ type: 'supplier.added', entityType: 'supplier', entityId: '7', confidence: 1 },
  ...{ actor: { id: null, label: null }, payload },
};
const came: BusinessEvent = {
  ...{ ...wanted, actor: { ...wanted.actor, grade: 'unknown' }, payload },
  ...{ eventId: '', timestamp: AT, sourceEventIds: [], rule: 'supplier.added', ruleVersion: 1 },
};
const unexplained = [{ table: 'roles', operation: 'INSERT', rows: 4 }] as const;

/** What the judge says of one act that has to give one event and four unexplained roles. */
function judged(found: Found) {
  const [tally, mistakes] = [noTally(), [] as string[]];
  const outcome = { events: [wanted], unexplained: new Map([['roles INSERT', 4]]) };
  makeJudge(
    () => outcome,
    tally,
    (mistake) => mistakes.push(mistake.replace(/^.*?: /, '')),
  ).judge(line, found);
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
    ...{ expected: 1, found: 0, matched: 0, mistakes: ['supplier.added of supplier:7 is missing'] },
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
