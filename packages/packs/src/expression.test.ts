import { expect, test } from '@jest/globals';
import { expressionMistake, failureOf, isTakenName, makeCompiler, ruleVariables } from './expression.ts';

const compile = makeCompiler(ruleVariables({ lines: { cardinality: 'many' } }), {
  label: (table, key) => (table === 'roles' && key === '1' ? 'cook' : null),
  remembered: (table, name, key) => (table === 'people' && name === 'shoe' && key === '1' ? '43' : null),
  isOpen: (time) => {
    if (time === 'never') throw new RangeError('no time');
    return time < '2026';
  },
});
const context = {
  before: { id: '1', level: null, units: null },
  after: { id: '1', units: '1.5', amount: '0.30', is_new: true, at: '2025' },
  operation: 'UPDATE',
  time: '2026-01-01T00:00:00.000000Z',
  lines: [{ after: { amount: '0.10' } }, { after: { amount: '0.2' } }],
};

test.each([
  ['after.id', '1'],
  ['after.is_new', true],
  ['before.level', null],
  ['size(lines)', '2'],
  ['double(after.amount) / 2.0', 0.15],
  ["label('roles', after.id)", 'cook'],
  ["label('roles', before.level)", null],
  ['sum(lines.map(l, l.after.amount))', '0.30'],
  ['sameAmount(after.amount, sum(lines.map(l, l.after.amount)))', true],
  ["minus(after.amount, '1')", '-0.70'],
  ["largest(['-1', '2.50', null, '2.5', '10.00'])", '10.00'],
  ['largest([])', null],
  ["change(before, after, 'units')", '1.5'],
  ["change(after, before, 'units')", '-1.5'],
  ["change({}, after, 'units')", '1.5'],
  ["change(lines[0].after, lines[1].after, 'amount')", '0.10'],
  ['isOpen(after.at, after.id)', true],
  [
    'lines.map(l, {"a": l.after.amount, "n": 1})',
    [
      { a: '0.10', n: '1' },
      { a: '0.2', n: '1' },
    ],
  ],
  ['0.0 / 0.0', null],
])('%s gives %j', (expression, value) => {
  expect(compile(expression)(context)).toEqual(value);
});

test.each([
  ['after.missing', 'no_such_key'],
  ["minus(after.amount, 'ten')", 'not_a_decimal'],
  ["change(before, after, 'missing')", 'no_such_key'],
  ["change(before, after, 'at')", 'no_such_key'],
  ["largest(['two'])", 'not_a_decimal'],
  ["change({}, after, 'is_new')", 'not_a_decimal'],
  ["isOpen('never', '')", 'not_a_time'],
  ['int(before.level)', 'no_matching_overload'],
])('%s fails as %s', (expression, code) => {
  let failure: string | null = null;
  try {
    compile(expression)(context);
  } catch (error) {
    failure = failureOf(error);
  }
  expect(failure).toBe(code);
});

test('what is wrong is known before anything runs', () => {
  const variables = ruleVariables({});
  expect(expressionMistake('after.x == 1', variables, true)).toBeNull();
  expect(expressionMistake('after.x', variables, true)).toBeNull();
  expect(expressionMistake("'a' + 1", variables, false)?.message).toMatch(/no such overload/);
  expect(expressionMistake('  nobody', variables, false)).toMatchObject({ offset: 2 });
  expect(failureOf(new Error('other'))).toBeNull();
  expect(['after', 'type', 'in', 'list'].every(isTakenName)).toBe(true);
  expect(isTakenName('lines')).toBe(false);
});
