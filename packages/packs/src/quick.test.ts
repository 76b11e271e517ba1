import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf, type Lookups, makeCompiler, makeInterpreter, ruleVariables } from './expression.ts';
import { loadPack } from './load.ts';

const PACKS = ['pharmacy', 'shop'].map((name) => join(import.meta.dirname, '../../../packs', name));
const COLUMNS = ['a', 'b'];
const JOINS = { one: { cardinality: 'one' }, many: { cardinality: 'many' } } as const;
const CONTEXTS = 300;

const lookups: Lookups = {
  label: (table, key) => (key.length % 2 === 0 ? `${table} ${key}` : null),
  remembered: (table, name, key) => (key.length % 2 === 0 ? `${table.length + name.length}` : null),
  isOpen: (time, place) => {
    if (time === 'x') throw new RangeError('no time');
    return time < place;
  },
};

const value = fc.constantFrom('1', '2.50', '-3', 'x', '', null, true);
const rowOf = (columns: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...columns), value, { maxKeys: columns.length, noNullPrototype: true });
const changeOf = (columns: readonly string[]) =>
  fc.record({
    before: rowOf(columns),
    after: rowOf(columns),
    operation: fc.constantFrom('INSERT', 'UPDATE', 'DELETE'),
  });

/** What comes out, or why nothing does. */
function outcomeOf<Value>(compute: () => Value): { readonly value: Value } | { readonly failure: string | null } {
  try {
    return { value: compute() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function expectSame(expression: string, variables: Readonly<Record<string, string>>, contexts: fc.Arbitrary<object>) {
  const [quick, interpreted] = [makeCompiler(variables, lookups), makeInterpreter(variables, lookups)].map((compile) =>
    compile(expression),
  );
  fc.assert(
    fc.property(contexts, (context) => {
      const given = context as Readonly<Record<string, unknown>>;
      expect(outcomeOf(() => quick?.(given))).toEqual(outcomeOf(() => interpreted?.(given)));
    }),
    { numRuns: CONTEXTS },
  );
}

test.each([
  'after.a',
  'after.a == before.a',
  "after.a != '1'",
  'after.a == null',
  "operation == 'INSERT' ? '0' : before.a",
  "after.a == 'x' && minus(after.a, before.a) == '0'",
  "minus(after.a, before.a) == '0' && after.a == '1'",
  "minus(after.a, before.a) == '0' || after.a == '1'",
  '!isOpen(after.a, before.a)',
  '!after.a',
  'after.a ? 1 : 2',
  'after.a.startsWith(before.b)',
  'label(after.a, after.b)',
  "label('t', after.b)",
  "remembered('t', after.a, after.b)",
  "change(before, after, 'a')",
  'change(before, after, after.a)',
  'sum(many.map(m, m.after.a))',
  'sum(after.a)',
  'largest(many.map(m, percentBelow(m.after.a, m.before.a)))',
  "many.exists(m, m.after.a == '1')",
  "many.exists(m, minus(m.after.a, m.before.a) == '0')",
  'many.all(m, many.exists(n, n.before.a == m.before.a && n.after.b != m.after.b))',
  'many.map(m, m.after.a).map(a, a)',
  'many[0].after.a',
  'many[1]',
  'size(many) == 1',
  'size(after.a)',
  'size(after)',
  'size(many) > 1 && size(many) == 2',
  '{"a": after.a, "b": many.map(m, {"c": m.before.b})}',
  '{"__proto__": after.a}',
  'one.after.a',
  "'1' == after.a",
  'after.a > before.a',
  'times(after.a, before.b)',
  'percent(after.a, before.b)',
  'isBelow(after.a, before.a)',
  'sameAmount(after.a, before.a)',
])('%s means what the interpreter says', (expression) => {
  const change = changeOf(COLUMNS);
  const context = fc
    .tuple(change, fc.oneof(change, fc.constant({})), fc.array(change, { maxLength: 3 }))
    .map(([anchor, one, many]) => ({ ...anchor, time: '2026', one, many }));
  expectSame(expression, ruleVariables(JOINS), context);
});

test.each(PACKS)('so does every expression of the rules in %s', async (folder) => {
  const pack = await loadPack(folder);
  for (const rule of pack.rules) {
    const expressions = [
      ...Object.values(rule.payload).map((field) => field.value),
      ...rule.doubts.map(({ when }) => when),
      ...rule.when,
      ...(rule.anchor.where === undefined ? [] : [rule.anchor.where]),
      rule.entity.id,
    ];
    for (const expression of expressions) {
      const columns = [
        ...new Set([...expression.matchAll(/(?:after|before)\.(\w+)/g)].map(([, name]) => name ?? 'a')),
        'a',
      ];
      const change = changeOf(columns);
      const joins = Object.fromEntries(
        Object.entries(rule.joins).map(([name, { cardinality }]) => [
          name,
          cardinality === 'one' ? fc.oneof(change, fc.constant({})) : fc.array(change, { maxLength: 3 }),
        ]),
      );
      const context = fc
        .tuple(change, fc.record(joins))
        .map(([anchor, joined]) => ({ ...anchor, time: '2026', ...joined }));
      expectSame(expression, ruleVariables(rule.joins), context);
    }
  }
});
