import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { identify } from './identity.ts';

test('an id is the UUIDv5 that the reference library gives', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (parts) => {
      expect(identify(...parts)).toBe(v5(parts.join('\u001f'), v5.URL));
    }),
  );
});
