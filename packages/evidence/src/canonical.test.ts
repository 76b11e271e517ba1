import { expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical.ts';

test('canonical text is what the reference implementation of RFC 8785 writes, integer-like keys and __proto__ included', () => {
  const awkward = JSON.parse('{"10":"a","2":"b","__proto__":"c","constructor":{"é":null},"a":[1,true,{"z":0,"b":-1}]}');
  expect(canonicalJson(awkward)).toBe(canonicalize(awkward));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalize(JSON.parse(JSON.stringify(value))));
    }),
  );
});

test('what JSON cannot hold is refused, what is undefined is left out', () => {
  expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
});
