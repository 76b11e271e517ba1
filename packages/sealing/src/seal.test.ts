import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf, parseKey, unwrapKey, wrapKey } from './keys.ts';
import { seal, unseal } from './seal.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (text: string) => Buffer.from(text, 'hex');

test('bytes are sealed as NIST has it for AES-256-GCM', () => {
  // Test case 16 of "The Galois/Counter Mode of Operation", whose additional data is given as bytes that are text.
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = hex('cafebabefacedbaddecaf888');
  const plain = hex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525');
  const sealed = seal(key, nonce, plain, '');
  expect(sealed.subarray(0, 12)).toEqual(nonce);
  expect(sealed.subarray(12, -16).toString('hex')).toBe(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838',
  );
});

test('what was sealed opens with the same key and name, and with nothing else', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), fc.uint8Array(), fc.string(), fc.nat(), (key, nonce, plain, name, at) => {
      const sealed = seal(key, nonce, plain, name);
      expect(unseal(key, sealed, name)).toEqual(Buffer.from(plain));
      expect(unseal(key, sealed, `${name}.`)).toBeUndefined();
      const bent = Buffer.from(sealed);
      bent[at % bent.length] = (bent[at % bent.length] ?? 0) ^ 1;
      expect(unseal(key, bent, name)).toBeUndefined();
      expect(
        unseal(
          Uint8Array.from(key, (byte) => byte ^ 1),
          sealed,
          name,
        ),
      ).toBeUndefined();
      expect(unseal(key, sealed.subarray(0, at % sealed.length), name)).toBeUndefined();
    }),
  );
});

test('a wrapped key comes back under its name only, and is no sealed text', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), bytes(32), (master, nonce, key) => {
      const wrapped = wrapKey(master, nonce, key, 'today');
      expect(unwrapKey(master, wrapped, 'today')).toEqual(Buffer.from(key));
      expect(unwrapKey(master, wrapped, 'tomorrow')).toBeUndefined();
      expect(unseal(master, wrapped, 'today')).toBeUndefined();
    }),
  );
});

test('a key is 32 bytes in base64, and its fingerprint tells it from others', () => {
  fc.assert(
    fc.property(bytes(32), (key) => {
      const text = Buffer.from(key).toString('base64');
      expect(parseKey(text)).toEqual(Buffer.from(key));
      expect(parseKey(text.slice(4))).toBeUndefined();
      expect(parseKey(` ${text}`)).toBeUndefined();
      expect(fingerprintOf(key)).toMatch(/^[0-9a-f]{8}$/);
    }),
  );
  expect(parseKey('secret')).toBeUndefined();
});
