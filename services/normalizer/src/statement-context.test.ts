import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contextOf } from './statement-context.ts';

const INSERT = "insert into notes values (1, 'a', '/*actor=''9''*/')";

test.each([
  [`${INSERT} /*actor='7',route='%2Fsales%2F%7Bid%7D'*/`, { actor: '7', route: '/sales/{id}' }],
  [`${INSERT}/* actor='7' , app='till' */ ;\n`, { actor: '7', app: 'till' }],
  [`${INSERT} /*actor='it%27s'*/`, { actor: "it's" }],
  [`${INSERT} /*actor='it\\'s'*/`, { actor: "it's" }],
  [`/* {"actor":7,"is_batch":true,"note":null} */ ${INSERT}`, { actor: '7', is_batch: 'true' }],
  [`${INSERT} /*{"actor":"7"}*/`, { actor: '7' }],
  [`/*actor='1'*/ ${INSERT} /*actor='2'*/`, { actor: '2' }],
  [`/*actor='1'*/ ${INSERT} /* a note */`, { actor: '1' }],
])('%s has a context', (statement, context) => {
  expect(contextOf(statement)).toEqual(context);
});

test.each([
  INSERT,
  '',
  '*/',
  `/*! set names utf8 */ ${INSERT}`,
  `insert /*+ actor='1' */ into notes values (1)`,
  `${INSERT} /* told by actor='1' */`,
  `${INSERT} /*actor=7*/`,
  `${INSERT} /*actor='%zz'*/`,
  `${INSERT} /*{"actor":{"id":7}}*/`,
  `${INSERT} /*[1]*/`,
  `${INSERT} /*{}*/`,
  `${INSERT} /*actor='${'x'.repeat(257)}'*/`,
  `${INSERT} /*${'a'.repeat(65)}='1'*/`,
  `${INSERT} /*${Array.from({ length: 17 }, (_, index) => `a${index}='1'`).join()}*/`,
  `${INSERT} /*a='1',b='${'%20'.repeat(700)}'*/`,
  `${INSERT} /*actor='7'*/ -- and more`,
])('%s has none', (statement) => {
  expect(contextOf(statement)).toBeNull();
});

test('what a value of the statement says is no context, and any text is read to its end', () => {
  const literal = fc.string().map((text) => `'${text.replaceAll("'", "''")}'`);
  fc.assert(
    fc.property(literal, (text) => {
      expect(contextOf(`update notes set text = ${text}`)).toBeNull();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => contextOf(text)).not.toThrow();
    }),
  );
});

test('what sqlcommenter writes is read as it was meant', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,20}$/);
  const value = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 6, noNullPrototype: true }), (context) => {
      const written = Object.entries(context)
        .map(([key, text]) => `${encodeURIComponent(key)}='${encodeURIComponent(text).replaceAll("'", "\\'")}'`)
        .sort()
        .join(',');
      expect(contextOf(`delete from notes /*${written}*/`)).toEqual(context);
    }),
  );
});
