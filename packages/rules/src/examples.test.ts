import { expect, test } from '@jest/globals';
import { identify } from '@overlay/model/testing';
import { parseExamples, parsePack } from '@overlay/packs';
import { runExamples } from './examples.ts';
import { LENDING } from './testing/lending.ts';

const parsed = parsePack(LENDING, 'lending.yaml');
if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
const { pack } = parsed;

const EXAMPLES = `
given:
  - rows:
      - { insert: people, row: { id: 7, name: Ana, changed_by: null, points: 0 } }
      - { insert: tools, row: { shop: 1, id: 5, name: saw } }
examples:
  - title: a loan
    given:
      - at: 2026-03-10T15:00:00.000000Z
        rows:
          - insert: loans
            row: { id: 100, shop: 1, person: 7, clerk: 7, fee: "3.50", kind: day, made_at: "2026-03-10 10:00:00" }
          - { insert: lines, row: { loan: 100, tool: 5, fee: "3.50", scanned_by: null } }
          - { update: shelves, row: { tool: 6, units: 3 }, to: { units: 2 } }
          - { insert: people, row: { id: 8, name: Bo, changed_by: null, points: 0 } }
    expect:
      - { event: shelf.changed, payload: { units: 2 } }
      - event: loan.made
        rule: loan.made
        entity: loan:100
        actor: 7
        confidence: 1
        payload: { person: Ana, tools: [{ name: saw, tool: 5 }], count: 1 }
    unexplained: { people INSERT: 1 }
  - title: the end of one
    given: [{ rows: [{ delete: loans, row: { id: 100, person: 7, fee: 3 } }] }]
    expect: [{ event: loan.ended, confidence: 0.8 }]
`;

function run(text: string, of = pack) {
  const examples = parseExamples({ text, name: 'loans.yaml' });
  if (!examples.ok) throw new Error(examples.mistakes.join('\n'));
  const { outcomes, rulesWithoutExample } = runExamples(of, [examples.examples], identify);
  return { differences: outcomes.flatMap(({ differences }) => differences), rulesWithoutExample };
}

test('examples that are as they say have no differences', () => {
  expect(run(EXAMPLES)).toEqual({ differences: [], rulesWithoutExample: [] });
});

test.each([
  ['entity: loan:100', 'entity: loan:101', 'loan.made of loan:100: entity should be "loan:101", is "loan:100"'],
  ['actor: 7', 'actor: 8', 'loan.made of loan:100: actor should be "8", is "7"'],
  ['confidence: 1\n', 'confidence: 0.5\n', 'loan.made of loan:100: confidence should be 0.5, is 1'],
  ['person: Ana,', 'person: Eva,', 'loan.made of loan:100: payload.person should be "Eva", is "Ana"'],
  ['person: Ana,', 'thing: Ana,', 'loan.made of loan:100: payload.thing should be "Ana", is not there'],
  ['event: shelf.changed,', 'event: shelf.moved,', 'missing: shelf.moved'],
  [
    'event: shelf.changed,',
    'event: shelf.moved,',
    'not expected: shelf.changed of tool:6 by rule shelf.changed, confidence 1',
  ],
  ['rule: loan.made', 'rule: loan.other', 'missing: loan.made of loan:100'],
  ['people INSERT: 1', 'people UPDATE: 1', 'unexplained people INSERT should be 0, is 1'],
  [
    'row: { shop: 1, id: 5, name: saw }',
    'row: { shop: 2, id: 5, name: saw }',
    'loan.made of loan:100: doubts should be [], is ["a name of tools is not known: its row did not come yet, or is gone"]',
  ],
  [
    'row: { id: 100, person: 7, fee: 3 }',
    'row: { id: 100, person: 7, fee: free }',
    /^rule loan.ended version 1 could not be evaluated/,
  ],
])('%j written as %j is told', (from, to, difference) => {
  expect(EXAMPLES).toContain(from);
  const { differences } = run(EXAMPLES.replace(from, to));
  expect(differences).toContainEqual(typeof difference === 'string' ? difference : expect.stringMatching(difference));
});

test('a field that is not of its type, and a rule without an example, are told', () => {
  expect(run(EXAMPLES.replace('to: { units: 2 }', 'to: { units: few }')).differences).toContain(
    'shelf.changed of tool:6: payload.units should be of type integer, is "few"',
  );
  expect(run(EXAMPLES.slice(0, EXAMPLES.indexOf('  - title: the end'))).rulesWithoutExample).toEqual(['loan.ended']);
});

test.each([
  ['text', '"\'a\'"', null],
  ['numeric', '"\'1.50\'"', null],
  ['numeric', '"1.5"', null],
  ['numeric', '"\'one\'"', 'numeric'],
  ['boolean', '"true"', null],
  ['boolean', '"\'true\'"', 'boolean'],
  ['timestamptz', 'time', null],
  ['timestamptz', '"\'2026-03-10\'"', 'timestamptz'],
  ['local_time', '"\'2026-03-10 10:00:00\'"', null],
  ['local_time', 'time', 'local_time'],
  ['json', '"[1]"', null],
  ['text', '"null"', null],
])('of type %s, %s is %s', (type, value, wrong) => {
  const text = LENDING.replace('{ value: after.units, type: integer,', `{ value: ${value}, type: ${type},`);
  const typed = parsePack(text, 'lending.yaml');
  if (!typed.ok) throw new Error(typed.mistakes.join('\n'));
  const { differences } = run(EXAMPLES.replace('payload: { units: 2 }', 'payload: {}'), typed.pack);
  expect(differences).toEqual(wrong === null ? [] : [expect.stringContaining(`should be of type ${wrong}`)]);
});

test('mistakes in examples are told with file, line and what to do', () => {
  const mistakesOf = (text: string) => {
    const examples = parseExamples({ text, name: 'loans.yaml' });
    return examples.ok ? [] : examples.mistakes;
  };
  expect(mistakesOf(EXAMPLES.replace('fee: "3.50", kind', 'fee: 3.50, kind'))).toEqual([
    expect.stringMatching(/^loans\.yaml:\d+:\d+: examples\[0\]\.given\[0\]\.rows\[0\].*write text, in quotes/),
  ]);
  expect(mistakesOf(EXAMPLES.replace('unexplained:', 'unexplaned:'))).toEqual([
    expect.stringMatching(/unknown key 'unexplaned'/),
  ]);
  expect(mistakesOf(EXAMPLES.replace('people INSERT: 1', 'people: 1'))).toEqual([
    expect.stringMatching(/^loans\.yaml:/),
  ]);
  expect(mistakesOf('examples: [')[0]).toMatch(/is no valid YAML/);
});
