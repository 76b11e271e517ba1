import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openValues, sealValues } from './sealed-values.ts';
import { domainKeyOf, subjectKeyOf, subjectName } from './subjects.ts';
import { makeTokenize } from './tokens.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const image = fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.boolean()), {
  noNullPrototype: true,
});

test('a token is HMAC-SHA-256 of the text, cut to 128 bits, whether or not it is remembered', () => {
  fc.assert(
    fc.property(key, fc.array(fc.string(), { minLength: 1 }), (bytes, texts) => {
      const tokenize = makeTokenize('token', bytes, 2);
      for (const text of [...texts, ...texts]) {
        const whole = createHmac('sha256', bytes).update(text).digest('base64url');
        expect(tokenize(text)).toBe(`token:${whole.slice(0, 22)}`);
      }
    }),
  );
});

test('a domain gives equal values equal tokens; two subjects give them different ones, that are none of the domain either', () => {
  const domain = domainKeyOf(Buffer.alloc(32, 1));
  const [one, other] = [subjectKeyOf('a', Buffer.alloc(32, 2)), subjectKeyOf('b', Buffer.alloc(32, 3))];
  expect(domain.tokenize('ana@example.com')).toBe(domainKeyOf(Buffer.alloc(32, 1)).tokenize('ana@example.com'));
  const tokens = [domain, one, other].map(({ tokenize }) => tokenize('ana@example.com'));
  expect(new Set(tokens).size).toBe(3);
  expect(tokens[0]).toMatch(/^token:[\w-]{22}$/);
  expect(tokens[1]).toMatch(/^sealed:[\w-]{22}$/);
});

test('the id of a subject tells sources, tables and keys apart, and not whose it is', () => {
  const { subjectId } = domainKeyOf(Buffer.alloc(32, 1));
  const names = [subjectName('s', 't', ['1', '2']), subjectName('s', 't', ['12']), subjectName('st', '', ['1', '2'])];
  const ids = names.map(subjectId);
  expect(new Set(ids).size).toBe(names.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(domainKeyOf(Buffer.alloc(32, 2)).subjectId(names[0] ?? '')).not.toBe(ids[0]);
});

test('values open under their key and event only; the same event gives the same bytes, other values another nonce', () => {
  fc.assert(
    fc.property(key, key, fc.uuid(), fc.uuid(), image, image, (bytes, others, eventId, elsewhere, before, after) => {
      const [own, foreign] = [subjectKeyOf('own', bytes), subjectKeyOf('own', others)];
      const nonces = domainKeyOf(others).noncesOf('shop', 'gtid:1');
      const sealed = sealValues(own, nonces, eventId, { before, after });
      expect(openValues(own, eventId, sealed)).toEqual({ before, after });
      expect(sealValues(subjectKeyOf('own', bytes), nonces, eventId, { before, after })).toEqual(sealed);
      const changed = sealValues(own, nonces, eventId, { before, after: { ...after, more: 'x' } });
      expect(changed.sealed.slice(0, 16)).not.toBe(sealed.sealed.slice(0, 16));
      expect(openValues(own, eventId, { ...sealed, subject: 'other' })).toBeUndefined();
      if (elsewhere !== eventId) expect(openValues(own, elsewhere, sealed)).toBeUndefined();
      if (!Buffer.from(bytes).equals(Buffer.from(others))) expect(openValues(foreign, eventId, sealed)).toBeUndefined();
    }),
  );
});
