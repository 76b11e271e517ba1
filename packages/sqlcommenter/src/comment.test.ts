import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Context, comment, commented } from './comment.ts';

/** What a reader makes of a comment, as sqlcommenter's specification says. */
const read = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .slice(2, -2)
      .split(',')
      .map((member) => {
        const [, name = '', value = ''] = /^([^=]+)='([^']*)'$/.exec(member) ?? [];
        return [decodeURIComponent(name), decodeURIComponent(value)];
      }),
  );

test('a context as a comment, its names in order, what is not there left out', () => {
  expect(comment({ route: '/prices', actor: 3, release: null, request: undefined, dry: false })).toBe(
    "/*actor='3',dry='false',route='%2Fprices'*/",
  );
  expect(comment({})).toBe('');
  expect(comment({ actor: null })).toBe('');
});

test('a statement keeps its words; what it ends with takes nothing from the comment', () => {
  const context = { actor: 3 };
  expect(commented('delete from notes', {})).toBe('delete from notes');
  expect(commented('delete from notes ;\n', context)).toBe("delete from notes\n/*actor='3'*/");
  expect(commented('delete from notes -- all', context)).toBe("delete from notes -- all\n/*actor='3'*/");
});

test.each([
  ["x*/; drop table sales; -- '", "/*actor='x%2A%2F%3B%20drop%20table%20sales%3B%20--%20%27'*/"],
  ["'; /*! select 1 */", "/*actor='%27%3B%20%2F%2A%21%20select%201%20%2A%2F'*/".replaceAll('%21', '!')],
  ['? :name ?? \\', "/*actor='%3F%20%3Aname%20%3F%3F%20%5C'*/"],
  ['\ud800 Ñandú 🙂', "/*actor='%EF%BF%BD%20%C3%91and%C3%BA%20%F0%9F%99%82'*/"],
])('%j stays within the comment', (actor, text) => {
  expect(comment({ actor })).toBe(text);
});

test('whatever is said comes back, and nothing of it ends the comment, quotes or is a placeholder', () => {
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,20}$/);
  const value = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 6, noNullPrototype: true }), (context) => {
      const text = comment(context);
      expect(read(text)).toEqual(context);
      expect(text.slice(2, -2)).not.toMatch(/\*|\/|[?:;\\\0\n`"]/);
      expect(text).toMatch(/^\/\*[A-Za-z_]/); // no word to the server, as /*! and /*+ are
    }),
  );
});

test.each<[Context, string]>([
  [{ 'a b': 1 }, "'a b' is no name for a comment"],
  [{ [`a${'b'.repeat(64)}`]: 1 }, 'is no name for a comment'],
  [{ actor: 'x'.repeat(257) }, 'the value of actor has 257 characters, 256 at most are accepted'],
  [Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`n${at}`, at])), '16 names at most, not 17'],
  [{ a: 'é'.repeat(256), b: 'é'.repeat(256) }, '2000 characters at most'],
])('what a reader would not take is an error that says so', (context, message) => {
  expect(() => comment(context)).toThrow(message);
});
